package correlate_test

import (
	"path"
	"slices"
	"strings"

	"earwitness/pipeline/access"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// The table of section 3, as it stands there.
var (
	readOperations = strings.Fields(`REST.GET.OBJECT REST.COPY.OBJECT_GET REST.COPY.PART_GET
		REST.SELECT.OBJECT WEBSITE.GET.OBJECT`)
	writeOperations = strings.Fields(`REST.PUT.OBJECT REST.POST.OBJECT REST.PUT.PART REST.POST.UPLOADS
		REST.POST.UPLOAD REST.COPY.OBJECT REST.COPY.PART REST.DELETE.UPLOAD S3.DELETE.UPLOAD`)
	deleteOperations = strings.Fields(`REST.DELETE.OBJECT BATCH.DELETE.OBJECT S3.EXPIRE.OBJECT
		S3.CREATE.DELETEMARKER`)
	probeFamilies  = strings.Fields(`REST.GET. REST.HEAD. WEBSITE.HEAD. REST.OPTIONS.`)
	changeFamilies = strings.Fields(`REST.PUT. REST.POST. REST.DELETE. S3.TRANSITION S3.RESTORE`)

	readActions  = strings.Fields(`read view download playback listen`)
	writeActions = strings.Fields(`create export archive unarchive restore restorerequest
		restorecomplete`)
	deleteActions = strings.Fields(`delete deleteall bulkdelete harddelete softdelete purge`)
	changeActions = strings.Fields(`applyprotection revokeprotection updateretention update`)
)

func classOfOperation(operation, key string) access.Class {
	family := func(prefix string) bool { return strings.HasPrefix(operation, prefix) }
	class := access.Class_CLASS_OTHER
	switch {
	case slices.Contains(readOperations, operation):
		class = access.Class_CLASS_READ
	case slices.Contains(writeOperations, operation):
		class = access.Class_CLASS_WRITE
	case slices.Contains(deleteOperations, operation):
		class = access.Class_CLASS_DELETE
	case slices.ContainsFunc(probeFamilies, family):
		class = access.Class_CLASS_PROBE
	case operation == "REST.POST.MULTI_OBJECT_DELETE":
		return access.Class_CLASS_OTHER
	case slices.ContainsFunc(changeFamilies, family):
		return access.Class_CLASS_CHANGE
	}
	if key == "" {
		return access.Class_CLASS_OTHER
	}
	return class
}

func classOfAction(action string) access.Class {
	name := strings.ToLower(action)
	switch {
	case slices.Contains(readActions, name):
		return access.Class_CLASS_READ
	case slices.Contains(writeActions, name):
		return access.Class_CLASS_WRITE
	case slices.Contains(deleteActions, name):
		return access.Class_CLASS_DELETE
	case slices.Contains(changeActions, name):
		return access.Class_CLASS_CHANGE
	}
	return access.Class_CLASS_OTHER
}

// kindOfClass puts read and probe together (section 5).
func kindOfClass(class access.Class) access.Class {
	if class == access.Class_CLASS_PROBE {
		return access.Class_CLASS_READ
	}
	return class
}

// fits says whether an act fits a session of class.
func (a *oAct) fits(class access.Class) bool {
	if class == access.Class_CLASS_PROBE {
		return a.class == access.Class_CLASS_READ
	}
	return class != access.Class_CLASS_OTHER && a.class == class
}

// principalClass is the table of section 4, first match.
func principalClass(rules correlate.Rules, requester string) access.PrincipalClass {
	switch {
	case requester == "":
		return access.PrincipalClass_PRINCIPAL_CLASS_ANONYMOUS
	case slices.Contains(rules.AWSRequesters, requester):
		return access.PrincipalClass_PRINCIPAL_CLASS_AWS
	case matchesRole(rules.OwnRoles, requester):
		return access.PrincipalClass_PRINCIPAL_CLASS_SELF
	case matchesRole(rules.ServiceRoles, requester):
		return access.PrincipalClass_PRINCIPAL_CLASS_SERVICE
	}
	return access.PrincipalClass_PRINCIPAL_CLASS_DIRECT
}

// matchesRole: the ARN of an assumed role's session has two slashes; a
// pattern with fewer has no segment for the session name.
func matchesRole(patterns []string, requester string) bool {
	role, name := evidence.SplitRoleSession(requester)
	for _, pattern := range patterns {
		arn := requester
		if name != "" && strings.Count(pattern, "/") < strings.Count(requester, "/") {
			arn = role
		}
		if matched, err := path.Match(pattern, arn); err == nil && matched {
			return true
		}
	}
	return false
}
