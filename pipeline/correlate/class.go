package correlate

import (
	"strings"

	"earwitness/pipeline/access"
)

// operationClass is the class of a storage operation (section 3). hasKey says
// whether the request names an object.
func operationClass(operation string, hasKey bool) access.Class {
	class := keyedOperationClass(operation)
	if class == access.Class_CLASS_CHANGE || hasKey {
		return class
	}
	return access.Class_CLASS_OTHER
}

func keyedOperationClass(operation string) access.Class {
	switch operation {
	case "REST.GET.OBJECT", "REST.COPY.OBJECT_GET", "REST.COPY.PART_GET", "REST.SELECT.OBJECT", "WEBSITE.GET.OBJECT":
		return access.Class_CLASS_READ
	case "REST.PUT.OBJECT", "REST.POST.OBJECT", "REST.PUT.PART", "REST.POST.UPLOADS", "REST.POST.UPLOAD",
		"REST.COPY.OBJECT", "REST.COPY.PART", "REST.DELETE.UPLOAD", "S3.DELETE.UPLOAD":
		return access.Class_CLASS_WRITE
	case "REST.DELETE.OBJECT", "BATCH.DELETE.OBJECT", "S3.EXPIRE.OBJECT", "S3.CREATE.DELETEMARKER":
		return access.Class_CLASS_DELETE
	case "REST.POST.MULTI_OBJECT_DELETE":
		return access.Class_CLASS_OTHER
	}
	for _, prefix := range [...]string{"REST.GET.", "REST.HEAD.", "WEBSITE.HEAD.", "REST.OPTIONS."} {
		if strings.HasPrefix(operation, prefix) {
			return access.Class_CLASS_PROBE
		}
	}
	for _, prefix := range [...]string{"REST.PUT.", "REST.POST.", "REST.DELETE.", "S3.TRANSITION", "S3.RESTORE"} {
		if strings.HasPrefix(operation, prefix) {
			return access.Class_CLASS_CHANGE
		}
	}
	return access.Class_CLASS_OTHER
}

// actionClass is the class of a Genesys action (section 3), in any case.
func actionClass(action string) access.Class {
	switch strings.ToLower(action) {
	case "read", "view", "download", "playback", "listen":
		return access.Class_CLASS_READ
	case "create", "export", "archive", "unarchive", "restore", "restorerequest", "restorecomplete":
		return access.Class_CLASS_WRITE
	case "delete", "deleteall", "bulkdelete", "harddelete", "softdelete", "purge":
		return access.Class_CLASS_DELETE
	case "applyprotection", "revokeprotection", "updateretention", "update":
		return access.Class_CLASS_CHANGE
	}
	return access.Class_CLASS_OTHER
}

// fits says whether an act of class act may explain a session of class
// session.
func fits(act, session access.Class) bool {
	switch act {
	case access.Class_CLASS_OTHER, access.Class_CLASS_UNKNOWN:
		return false
	case access.Class_CLASS_READ:
		return session == access.Class_CLASS_READ || session == access.Class_CLASS_PROBE
	}
	return act == session
}

// groupKind joins read and probe: they are one kind of class.
func groupKind(c access.Class) access.Class {
	if c == access.Class_CLASS_PROBE {
		return access.Class_CLASS_READ
	}
	return c
}

// completedWrite says whether an operation with this status has written an
// object (section 7, flag overwrite).
func completedWrite(operation string, status int32) bool {
	switch operation {
	case "REST.PUT.OBJECT", "REST.POST.OBJECT", "REST.POST.UPLOAD", "REST.COPY.OBJECT":
		return status == 200
	}
	return false
}

func isPreflight(operation string) bool { return strings.HasPrefix(operation, "REST.OPTIONS.") }
