package s3log

// The errors of Scan, made once so that a bad line costs no allocation.
var (
	errBucketOwner = &FieldError{1, "1 (bucket owner)", "a word"}
	errBucket      = &FieldError{2, "2 (bucket)", "a word"}
	errTime        = &FieldError{3, "3 (time)", "[02/Jan/2006:15:04:05 -0700]"}
	errRemoteIP    = &FieldError{4, "4 (remote IP)", "an address or -"}
	errRequester   = &FieldError{5, "5 (requester)", "text without quotes"}
	errRequestID   = &FieldError{6, "6, 7 (request id, operation)", "16 capitals and digits or a UUID, then an operation such as REST.GET.OBJECT"}
	errKey         = &FieldError{8, "8 (key)", "an encoded key or -, and more fields behind it"}
	errNumbers     = &FieldError{9, "9-15 (request URI, status and numbers)", `"METHOD path HTTP/x" or -, followed by six fields of numbers`}
	errJSON        = &FieldError{0, "of the JSON form", "one object, each of its members once"}
	errRequestTime = &FieldError{3, "3 (request_time)", "2006-01-02T15:04:05.000Z"}
	errMember      = &FieldError{0, "of the JSON form", "text where text belongs, a number where a number belongs"}
	errVersityGW   = &FieldError{25, "2-25 of versitygw's form", "bucket and key of fields 2 and 8 again at the end of field 25, fields that fit between them"}
	errLogStarts   = &FieldError{1, "1 (bucket owner)", "a request, but this says that versitygw has opened its log"}
	errTail        = &FieldError{18, "16-27 (client's headers to source region)", "18 or more fields whose types fit at the end of the line"}
)
