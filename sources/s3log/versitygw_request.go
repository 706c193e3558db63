package s3log

import "earwitness/pipeline/evidence"

// setGatewayRequest says in the terms of the rules what versitygw has logged,
// and leaves out what it writes into every line whatever the request was: host
// header, access point, aclRequired, an object size or bytes sent of 0, and
// how a request without a requester was signed. It writes AuthHeader for
// presigned requests too; its own test for them is the URI's query.
func setGatewayRequest(r *evidence.StorageRequest) {
	r.Operation = gatewayOperation(r.Operation)
	r.HostHeader, r.AccessPointArn, r.AclRequired = "", "", ""
	if r.BytesSent == 0 {
		r.Present &^= evidence.PresentBytesSent
	}
	if r.ObjectSize == 0 {
		r.Present &^= evidence.PresentObjectSize
	}
	switch grant, _ := presigned(r.RequestUri); {
	case grant != nil:
		r.AuthenticationType = "QueryString"
	case r.Requester == "":
		r.AuthenticationType, r.SignatureVersion = "", ""
	}
}

// gatewayOperation gives AWS's name of an operation of versitygw v1.8.0
// (metrics/actions.go of its source). One that is not known keeps its name,
// and the rules take it for class other.
func gatewayOperation(name string) string {
	for _, group := range [...]func(string) string{objectOperation, uploadOperation, bucketOperation, settingOperation} {
		if operation := group(name); operation != "" {
			return operation
		}
	}
	return name
}

func objectOperation(name string) string {
	switch name {
	case "s3_GetObject":
		return "REST.GET.OBJECT"
	case "s3_HeadObject":
		return "REST.HEAD.OBJECT"
	case "s3_PutObject":
		return "REST.PUT.OBJECT"
	case "s3_PostObject":
		return "REST.POST.OBJECT"
	case "s3_CopyObject":
		return "REST.COPY.OBJECT"
	case "s3_DeleteObject":
		return "REST.DELETE.OBJECT"
	case "s3_DeleteObjects":
		return "REST.POST.MULTI_OBJECT_DELETE"
	case "s3_SelectObjectContent":
		return "REST.SELECT.OBJECT"
	case "s3_RestoreObject":
		return "REST.POST.RESTORE"
	case "s3_GetObjectAttributes":
		return "REST.GET.OBJECT_ATTRIBUTES"
	case "s3_GetObjectAcl":
		return "REST.GET.ACL"
	case "s3_PutObjectAcl":
		return "REST.PUT.ACL"
	case "s3_GetObjectTagging":
		return "REST.GET.OBJECT_TAGGING"
	case "s3_PutObjectTagging":
		return "REST.PUT.OBJECT_TAGGING"
	case "s3_DeleteObjectTagging":
		return "REST.DELETE.OBJECT_TAGGING"
	case "s3_GetObjectRetention":
		return "REST.GET.OBJECT_LOCK_RETENTION"
	case "s3_PutObjectRetention":
		return "REST.PUT.OBJECT_LOCK_RETENTION"
	case "s3_GetObjectLegalHold":
		return "REST.GET.OBJECT_LOCK_LEGALHOLD"
	case "s3_PutObjectLegalHold":
		return "REST.PUT.OBJECT_LOCK_LEGALHOLD"
	case "s3_Options":
		return "REST.OPTIONS.PREFLIGHT"
	}
	return ""
}

func uploadOperation(name string) string {
	switch name {
	case "s3_CreateMultipartUpload":
		return "REST.POST.UPLOADS"
	case "s3_UploadPart":
		return "REST.PUT.PART"
	case "s3_UploadPartCopy":
		return "REST.COPY.PART"
	case "s3_ListParts":
		return "REST.GET.UPLOAD"
	case "s3_CompleteMultipartUpload":
		return "REST.POST.UPLOAD"
	case "s3_AbortMultipartUpload":
		return "REST.DELETE.UPLOAD"
	case "s3_ListMultipartUploads":
		return "REST.GET.UPLOADS"
	}
	return ""
}

func bucketOperation(name string) string {
	switch name {
	case "s3_ListAllMyBuckets":
		return "REST.GET.SERVICE"
	case "s3_ListObjects", "s3_ListObjectsV2":
		return "REST.GET.BUCKET"
	case "s3_ListObjectVersions":
		return "REST.GET.BUCKETVERSIONS"
	case "s3_HeadBucket":
		return "REST.HEAD.BUCKET"
	case "s3_CreateBucket":
		return "REST.PUT.BUCKET"
	case "s3_DeleteBucket":
		return "REST.DELETE.BUCKET"
	}
	return ""
}
