package elastic

import "strings"

// TemplateVersion rises with each change of fields or of the templates. An
// index whose mapping has a lower one is extended before it is written to.
const TemplateVersion = 2

// Types of fields. No value of a keyword is refused for its length: what no
// term may be as long as is kept and not indexed (Lucene's limit is 32766
// bytes, a character takes up to four).
const (
	typeKeyword   = "keyword"
	typeDate      = "date"
	typeIP        = "ip"
	typeLong      = "long"
	typeBoolean   = "boolean"
	typeNested    = "nested"
	typeFlattened = "flattened"

	longestKeyword = 8191
	// A flattened value is indexed with its key before it.
	longestFlattened = 7000
)

// fields lists every field by its type, as docs/formats/record.md has them.
// What stands below a nested one belongs to it. Fields are added, never
// renamed, and never change their type: existing indices could not follow.
var fields = map[string]string{
	typeDate: `@timestamp event.start event.end earwitness.arrival.first earwitness.arrival.last
		genesys.recording.created genesys.recording.exported`,
	typeIP: `client.ip source.ip related.ip aws.s3access.remote_ip aws.cloudtrail.source_ip_address`,
	typeLong: `event.duration file.size http.request.body.bytes http.response.body.bytes http.response.status_code
		aws.s3access.bytes_sent aws.s3access.http_status aws.s3access.object_size aws.s3access.total_time aws.s3access.turn_around_time
		earwitness.bytes earwitness.requests earwitness.sessions earwitness.evidence_count
		earwitness.arrival.epoch earwitness.arrival.revision earwitness.arrival.late_by
		earwitness.candidates.distance_s earwitness.proof.partition earwitness.proof.offset
		genesys.recording.duration`,
	typeBoolean:   `earwitness.arrival.late earwitness.principal.presigned aws.cloudtrail.read_only aws.cloudtrail.management_event`,
	typeNested:    `earwitness.candidates`,
	typeFlattened: `earwitness.evidence aws.kms aws.cloudtrail.flattened aws.cloudtrail.resources`,
	typeKeyword: `ecs.version
		event.id event.kind event.category event.type event.action event.outcome event.code event.dataset event.module event.hash event.provider
		user.id user.name user.email related.user file.path
		cloud.provider cloud.region cloud.account.id
		http.request.method http.request.referrer http.version
		url.domain url.original url.path url.query user_agent.original
		tls.cipher tls.version tls.version_protocol
		aws.s3access.access_point_arn aws.s3access.aclrequired aws.s3access.authentication_type aws.s3access.bucket
		aws.s3access.bucket_owner aws.s3access.cipher_suite aws.s3access.error_code aws.s3access.host_header
		aws.s3access.host_id aws.s3access.key aws.s3access.operation aws.s3access.referrer aws.s3access.request_id
		aws.s3access.request_uri aws.s3access.requester aws.s3access.signature_version aws.s3access.source_region
		aws.s3access.tls_version aws.s3access.user_agent aws.s3access.version_id
		aws.cloudtrail.error_code aws.cloudtrail.error_message aws.cloudtrail.event_category aws.cloudtrail.event_type
		aws.cloudtrail.event_id aws.cloudtrail.event_name aws.cloudtrail.source_address
		aws.cloudtrail.event_version aws.cloudtrail.recipient_account_id aws.cloudtrail.request_id
		aws.cloudtrail.shared_event_id aws.cloudtrail.vpc_endpoint_id
		aws.cloudtrail.user_identity.type aws.cloudtrail.user_identity.arn aws.cloudtrail.user_identity.access_key_id
		aws.cloudtrail.user_identity.account_id aws.cloudtrail.user_identity.invoked_by
		aws.cloudtrail.user_identity.principal_id aws.cloudtrail.user_identity.user_name
		aws.cloudtrail.user_identity.session_context.creation_date aws.cloudtrail.user_identity.session_context.mfa_authenticated
		aws.cloudtrail.user_identity.session_context.source_identity
		aws.cloudtrail.user_identity.session_context.session_issuer.account_id
		aws.cloudtrail.user_identity.session_context.session_issuer.arn
		aws.cloudtrail.user_identity.session_context.session_issuer.principal_id
		aws.cloudtrail.user_identity.session_context.session_issuer.type
		aws.cloudtrail.user_identity.session_context.session_issuer.user_name
		genesys.organization.id genesys.conversation.id genesys.recording.id genesys.recording.media
		genesys.recording.media_subtype genesys.recording.state genesys.recording.region genesys.recording.direction
		genesys.recording.provider genesys.recording.object_key
		genesys.recording.queue.id genesys.recording.queue.name genesys.recording.agents.id genesys.recording.agents.name
		genesys.audit.id genesys.audit.action genesys.audit.service genesys.audit.level genesys.audit.status
		genesys.audit.entity.type genesys.audit.entity.id
		earwitness.kind earwitness.access.id earwitness.subject.kind earwitness.subject.id earwitness.class earwitness.verdict
		earwitness.confidence earwitness.state earwitness.successor earwitness.flags earwitness.model earwitness.grade earwitness.taken
		earwitness.principal.class earwitness.principal.id earwitness.principal.session earwitness.principal.grant
		earwitness.person.id earwitness.person.kind earwitness.person.name
		earwitness.candidates.id earwitness.candidates.kind earwitness.candidates.name earwitness.candidates.audit
		earwitness.evidence_root earwitness.proof.segment`,
}

// object of JSON. Maps are written with their keys sorted, so equal ones give
// equal bytes.
type object = map[string]any

// mappings of every index: nothing but what is listed, and the version.
func mappings(version int) object {
	root := object{}
	for _, kind := range []string{typeNested, typeFlattened, typeDate, typeIP, typeLong, typeBoolean, typeKeyword} {
		for path := range strings.FieldsSeq(fields[kind]) {
			place(root, path, definition(kind))
		}
	}
	return object{
		"dynamic":    "strict",
		"_meta":      object{"earwitness": object{"version": version}},
		"properties": root,
	}
}

func definition(kind string) object {
	d := object{"type": kind}
	switch kind {
	case typeKeyword:
		d["ignore_above"] = longestKeyword
	case typeFlattened:
		d["ignore_above"] = longestFlattened
	case typeNested:
		d["dynamic"] = "strict"
	}
	return d
}

// place puts a definition where its path says.
func place(properties object, path string, d object) {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		properties[name] = d
		return
	}
	parent, ok := properties[name].(object)
	if !ok {
		parent = object{}
		properties[name] = parent
	}
	inner, ok := parent["properties"].(object)
	if !ok {
		inner = object{}
		parent["properties"] = inner
	}
	place(inner, rest, d)
}
