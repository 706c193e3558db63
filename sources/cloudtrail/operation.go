package cloudtrail

import "strings"

// operations are the names that access logs have for the events of S3. Sources:
// the lists of actions of the S3 user guide's page on CloudTrail events and the
// Operation field of its page on the log format.
var operations = map[string]string{
	"AbortMultipartUpload":       "REST.DELETE.UPLOAD",
	"CompleteMultipartUpload":    "REST.POST.UPLOAD",
	"CopyObject":                 "REST.COPY.OBJECT",
	"CreateBucket":               "REST.PUT.BUCKET",
	"CreateMultipartUpload":      "REST.POST.UPLOADS",
	"DeleteBucket":               "REST.DELETE.BUCKET",
	"DeleteBucketPolicy":         "REST.DELETE.BUCKETPOLICY",
	"DeleteObject":               "REST.DELETE.OBJECT",
	"DeleteObjectTagging":        "REST.DELETE.OBJECT_TAGGING",
	"DeleteObjects":              "REST.POST.MULTI_OBJECT_DELETE",
	"GetBucketAcl":               "REST.GET.ACL",
	"GetBucketLocation":          "REST.GET.LOCATION",
	"GetBucketLogging":           "REST.GET.LOGGING_STATUS",
	"GetBucketPolicy":            "REST.GET.BUCKETPOLICY",
	"GetBucketVersions":          "REST.GET.BUCKETVERSIONS",
	"GetObject":                  "REST.GET.OBJECT",
	"GetObjectAcl":               "REST.GET.ACL",
	"GetObjectLockConfiguration": "REST.GET.OBJECT_LOCK_CONFIGURATION",
	"GetObjectRetention":         "REST.GET.OBJECT_LOCK_RETENTION",
	"GetObjectTagging":           "REST.GET.OBJECT_TAGGING",
	"GetObjectTorrent":           "REST.GET.OBJECT_TORRENT",
	"HeadBucket":                 "REST.HEAD.BUCKET",
	"HeadObject":                 "REST.HEAD.OBJECT",
	"ListMultipartUploads":       "REST.GET.UPLOADS",
	"ListObjectVersions":         "REST.GET.BUCKETVERSIONS",
	"ListObjects":                "REST.GET.BUCKET",
	"ListObjectsV2":              "REST.GET.BUCKET",
	"ListParts":                  "REST.GET.UPLOAD",
	"PostObject":                 "REST.POST.OBJECT",
	"PreflightRequest":           "REST.OPTIONS.PREFLIGHT",
	"PutBucketAcl":               "REST.PUT.ACL",
	"PutBucketLogging":           "REST.PUT.LOGGING_STATUS",
	"PutBucketPolicy":            "REST.PUT.BUCKETPOLICY",
	"PutObject":                  "REST.PUT.OBJECT",
	"PutObjectAcl":               "REST.PUT.ACL",
	"PutObjectRetention":         "REST.PUT.OBJECT_LOCK_RETENTION",
	"PutObjectTagging":           "REST.PUT.OBJECT_TAGGING",
	"RestoreObject":              "REST.POST.RESTORE",
	"SelectObjectContent":        "REST.SELECT.OBJECT",
	"UploadPart":                 "REST.PUT.PART",
	"UploadPartCopy":             "REST.COPY.PART",
}

// verbs begin the names of events that the table does not have.
var verbs = []struct{ verb, method string }{
	{"Get", "GET"}, {"List", "GET"}, {"Head", "HEAD"}, {"Put", "PUT"}, {"Delete", "DELETE"}, {"Create", "PUT"},
}

// operationOf gives an event's operation. One that the table does not have is
// told by its verb: GetBucketOwnershipControls is
// REST.GET.OWNERSHIP_CONTROLS; what has none of the verbs is a POST, for it
// may change something.
func operationOf(name string) string {
	if op, ok := operations[name]; ok {
		return op
	}
	method, rest := "POST", name
	for _, v := range verbs {
		if after, ok := strings.CutPrefix(name, v.verb); ok && after != "" {
			method, rest = v.method, after
			break
		}
	}
	if after := strings.TrimPrefix(rest, "Bucket"); after != "" {
		rest = after
	}
	return "REST." + method + "." + upperSnake(rest)
}

func upperSnake(name string) string {
	out := make([]byte, 0, len(name)+4)
	for i := range len(name) {
		c := name[i]
		isUpper := c >= 'A' && c <= 'Z'
		switch {
		case isUpper && i > 0 && (name[i-1] < 'A' || name[i-1] > 'Z'):
			out = append(out, '_', c)
		case c >= 'a' && c <= 'z':
			out = append(out, c-'a'+'A')
		case isUpper || c >= '0' && c <= '9':
			out = append(out, c)
		default:
			out = append(out, '_')
		}
	}
	return string(out)
}
