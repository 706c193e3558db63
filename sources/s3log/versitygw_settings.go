package s3log

import "strings"

// settingOperation gives AWS's name of an operation on a setting of a bucket:
// REST, the method, the setting; "" where name is none.
func settingOperation(name string) string {
	verb, rest, ok := strings.Cut(name, "_")
	if !ok || verb != "s3" {
		return ""
	}
	for _, method := range [...]struct{ prefix, operation string }{
		{"Get", "REST.GET."}, {"List", "REST.GET."}, {"Put", "REST.PUT."}, {"Delete", "REST.DELETE."},
	} {
		if setting, ok := strings.CutPrefix(rest, method.prefix); ok {
			if resource := bucketSetting(setting); resource != "" {
				return method.operation + resource
			}
		}
	}
	return ""
}

func bucketSetting(name string) string {
	switch name {
	case "BucketAcl":
		return "ACL"
	case "BucketPolicy":
		return "BUCKETPOLICY"
	case "BucketPolicyStatus":
		return "POLICY_STATUS"
	case "BucketTagging":
		return "TAGGING"
	case "BucketVersioning":
		return "VERSIONING"
	case "ObjectLockConfiguration":
		return "OBJECT_LOCK_CONFIGURATION"
	case "BucketOwnershipControls":
		return "OWNERSHIP_CONTROLS"
	case "BucketCors":
		return "CORS"
	case "BucketEncryption":
		return "ENCRYPTION"
	case "BucketLifecycleConfiguration", "BucketLifecycle":
		return "LIFECYCLE"
	case "BucketLogging":
		return "LOGGING_STATUS"
	case "BucketRequestPayment":
		return "REQUEST_PAYMENT"
	case "BucketReplication":
		return "REPLICATION"
	case "PublicAccessBlock":
		return "PUBLIC_ACCESS_BLOCK"
	case "BucketNotificationConfiguration":
		return "NOTIFICATION"
	case "BucketAccelerateConfiguration":
		return "ACCELERATE"
	case "BucketWebsite":
		return "WEBSITE"
	case "BucketLocation":
		return "LOCATION"
	case "BucketAnalyticsConfiguration", "BucketAnalyticsConfigurations":
		return "ANALYTICS"
	case "BucketIntelligentTieringConfiguration", "BucketIntelligentTieringConfigurations":
		return "INTELLIGENT_TIERING"
	case "BucketInventoryConfiguration", "BucketInventoryConfigurations":
		return "INVENTORY"
	case "BucketMetricsConfiguration", "BucketMetricsConfigurations":
		return "METRICS"
	}
	return ""
}
