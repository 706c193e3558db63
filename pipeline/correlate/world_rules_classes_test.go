package correlate_test

import (
	"fmt"
	"strings"

	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// Rows of sections 3 and 4: classes of actions, and principals.

func classRows() []ruleCase {
	withKey := map[string]string{
		"read": `REST.GET.OBJECT REST.COPY.OBJECT_GET REST.COPY.PART_GET REST.SELECT.OBJECT WEBSITE.GET.OBJECT`,
		"write": `REST.PUT.OBJECT REST.POST.OBJECT REST.PUT.PART REST.POST.UPLOADS REST.POST.UPLOAD REST.COPY.OBJECT
			REST.COPY.PART REST.DELETE.UPLOAD S3.DELETE.UPLOAD`,
		"delete": `REST.DELETE.OBJECT BATCH.DELETE.OBJECT S3.EXPIRE.OBJECT S3.CREATE.DELETEMARKER`,
		"probe": `REST.GET.ACL REST.GET.OBJECT_TAGGING REST.GET.UPLOAD REST.HEAD.OBJECT REST.HEAD.BUCKET WEBSITE.HEAD.OBJECT
			REST.OPTIONS.PREFLIGHT`,
		"change": `REST.PUT.ACL REST.PUT.OBJECT_TAGGING REST.PUT.OBJECT_LOCK_RETENTION REST.POST.RESTORE REST.DELETE.OBJECT_TAGGING
			S3.TRANSITION.OBJECT S3.TRANSITION_SIA.OBJECT S3.TRANSITION_GDA.OBJECT S3.RESTORE.OBJECT`,
		"other": `REST.POST.MULTI_OBJECT_DELETE S3.COMPUTE.OBJECT.CHECKSUM SOAP.CreateBucket WEBSITE.GET.OTHER REST.COPY.OTHER
			BATCH.DELETE.OTHER S3.EXPIRE.OTHER REST.SELECT.OTHER`,
	}
	withoutKey := map[string]string{
		"change": `REST.PUT.BUCKETPOLICY REST.PUT.LIFECYCLE REST.PUT.LOGGING_STATUS REST.DELETE.BUCKETPOLICY REST.POST.OTHER
			S3.TRANSITION.OBJECT S3.RESTORE.OBJECT`,
		"other": withKey["read"] + " " + withKey["write"] + " " + withKey["delete"] + " " + withKey["probe"] +
			" REST.GET.BUCKET REST.GET.BUCKETPOLICY REST.POST.MULTI_OBJECT_DELETE REST.COPY.OTHER",
	}
	var rows []ruleCase
	for _, class := range []string{"read", "write", "delete", "probe", "change", "other"} {
		rows = append(rows, operationsRow("3 operation with a key: "+class, class, withKey[class], mediaKey(recordingOne)))
	}
	return append(rows, operationsRow("3 operation without a key: change", "change", withoutKey["change"], ""),
		operationsRow("3 operation without a key: other", "other", withoutKey["other"], ""))
}

// operationsRow has one request for each operation.
func operationsRow(name, class, operations, key string) ruleCase {
	c := ruleCase{name: name}
	var pieces []*evidence.Evidence
	for i, operation := range strings.Fields(operations) {
		id := fmt.Sprintf("r%d", i)
		pieces = append(pieces, request(id, "10:00:00", doing(operation), on(key)))
		c.want = append(c.want, id+" class="+class+" action="+operation, id+"^ class="+class)
	}
	c.world = build(pieces...)
	return c
}

func actionRows() []ruleCase {
	table := []struct{ class, operation, actions string }{
		{"read", "REST.GET.OBJECT", `Read View Download Playback Listen READ listen`},
		{"write", "REST.PUT.OBJECT", `Create Export Archive Unarchive Restore RestoreRequest RestoreComplete restorecomplete`},
		{"delete", "REST.DELETE.OBJECT", `Delete DeleteAll BulkDelete HardDelete SoftDelete Purge PURGE`},
		{"change", "REST.PUT.ACL", `ApplyProtection RevokeProtection UpdateRetention Update updateretention`},
	}
	var rows []ruleCase
	for _, line := range table {
		for _, name := range strings.Fields(line.actions) {
			rows = append(rows, row("3 action "+name+" fits "+line.class,
				build(request("r", "10:00:00", doing(line.operation)), act("a", "10:00:00", action(name))),
				"r access=a verdict=attributed", "a class="+line.class+" action=genesys."+strings.ToLower(name)))
		}
	}
	get, head := request("r", "10:00:00"), request("r", "10:00:00", doing("REST.HEAD.OBJECT"))
	return append(rows,
		row("3 action Abandon is other and fits nothing", build(request("r", "10:00:00", doing("REST.COPY.OTHER")),
			act("a", "10:00:00", action("Abandon"))), "a class=other n=0", "r access=group class=other"),
		row("3 a read act fits a probe", build(head, act("a", "10:00:00")), "r access=a class=probe", "a class=read"),
		row("3 a write act fits no read", build(get, act("a", "10:00:00", action("Export"))), "r access=group"),
		row("3 a delete act fits no change", build(request("r", "10:00:00", doing("REST.PUT.ACL")),
			act("a", "10:00:00", action("Delete"))), "r access=group"))
}

func principalRows() []ruleCase {
	of := func(requester, class, id, session string) ruleCase {
		return row("4 principal "+class+": "+requester, build(request("r", "10:00:00", by(requester))),
			"r principal="+class+" principal_id="+id+" session="+session, "r^ principal="+class)
	}
	link := presigned("g", "10:00:00")
	return []ruleCase{
		of("", "anonymous", "", ""),
		of("AmazonS3", "aws", "AmazonS3", ""),
		of(ownRequester, "self", ownRequester, "i-0"),
		of(serviceOne, "service", serviceRole, "s1"),
		of("svc:cloudfront.amazonaws.com", "direct", "svc:cloudfront.amazonaws.com", ""),
		of(mallory, "direct", mallory, ""),
		of("arn:aws:sts::111122223333:assumed-role/Dev/earwitness-x", "direct",
			"arn:aws:sts::111122223333:assumed-role/Dev/earwitness-x", "earwitness-x"),
		row("4 first match: aws before self", build(request("r", "10:00:00", by("AmazonS3"))).with(func(r *correlate.Rules) {
			r.OwnRoles = []string{"*"}
		}), "r principal=aws"),
		row("4 first match: self before service", build(request("r", "10:00:00")).with(func(r *correlate.Rules) {
			r.OwnRoles = []string{serviceRole}
		}), "r principal=self"),
		row("4 another list of aws", build(request("r", "10:00:00", by("AmazonS3"))).with(func(r *correlate.Rules) {
			r.AWSRequesters = []string{"Other"}
		}), "r principal=direct"),
		row("4 presigned is beside the class", build(request("r", "10:00:00", link)), "r principal=service presigned=true grant=32"),
		row("4 a request in its header is not presigned", build(request("r", "10:00:00")), "r presigned=false grant=0"),
		row("4 without authentication type nothing is presigned", build(request("r", "10:00:00", link,
			func(r *evidence.StorageRequest) { r.AuthenticationType = "" })), "r presigned=false grant=0"),
		row("4 a link without a signature has no grant", build(request("r", "10:00:00", presigned("", ""))), "r presigned=true grant=0"),
	}
}

func patternRows() []ruleCase {
	of := func(pattern, requester, class string) ruleCase {
		return row("4 pattern "+pattern+" on "+requester, build(request("r", "10:00:00", by(requester))).with(func(r *correlate.Rules) {
			r.ServiceRoles = []string{pattern}
		}), "r principal="+class)
	}
	return []ruleCase{
		of(serviceRole, serviceOne, "service"),
		of(serviceRole+"/s1", serviceOne, "service"),
		of(serviceRole+"/s1", serviceTwo, "direct"),
		of(serviceRole+"/*", serviceTwo, "service"),
		of("arn:aws:sts::*:assumed-role/Contact*", serviceOne, "service"),
		of("arn:aws:sts::*", serviceOne, "direct"),
		of("arn:aws:sts::*:assumed-role/*/s?", serviceOne, "service"),
		of("arn:aws:sts::*:assumed-role/[A-D]*", serviceOne, "service"),
		of("arn:aws:iam::111122223333:user/m*", mallory, "service"),
		of("arn:aws:iam::111122223333:*", mallory, "direct"),
		of("contactcentre", serviceOne, "direct"),
	}
}
