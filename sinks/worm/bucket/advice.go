package bucket

// adviseLasting is for refusals of what an archive asks for, which end only
// when a setting changes.
func adviseLasting(code string) string {
	switch code {
	case "AccessDenied", "Forbidden", "AllAccessDisabled", "AccountProblem":
		return "these credentials lack a right on the bucket: writing needs s3:PutObject, s3:PutObjectRetention, s3:GetBucketVersioning and s3:GetBucketObjectLockConfiguration, reading s3:GetObjectVersion and s3:ListBucketVersions, an encryption key kms:GenerateDataKey and kms:Decrypt; the bucket's policy may forbid them too"
	case "NoSuchBucket":
		return "there is no such bucket; check its name, the endpoint and the account, or make it, with Object Lock"
	case "NotImplemented", "MethodNotAllowed":
		return "the server does not know this request; it is not fit for an archive, which needs versions, Object Lock and If-None-Match"
	case "ObjectLockConfigurationNotFoundError", "InvalidBucketState":
		return "the bucket has no Object Lock; make one with it"
	case "InvalidRequest":
		return "the server does not take the request as it is; does the bucket have Object Lock, and is Object Lock in force on the server?"
	case "KMS.NotFoundException", "KMS.DisabledException", "KMS.KMSInvalidStateException", "KMSNotConfigured",
		"KMSKeyNotFoundException", "XMinioKMSKeyNotFoundException", "kms:KeyNotFound":
		return "the encryption key is not there or not usable; check the KMS key, its policy and its region, or leave the encryption to the bucket"
	}
	return ""
}
