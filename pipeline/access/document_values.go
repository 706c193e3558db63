package access

import (
	"net/netip"
	"strings"

	"earwitness/pipeline/evidence"
)

// canonicalIP is the text of RFC 5952, IPv4-mapped as IPv4; empty for what is
// no address. A zone belongs to one machine alone and makes it none.
func canonicalIP(text string) string {
	if absent(text) {
		return ""
	}
	ip, err := netip.ParseAddr(text)
	if err != nil || ip.Zone() != "" {
		return ""
	}
	if ip.Is4() {
		return text
	}
	return ip.Unmap().String()
}

func sourceIP(r *Record) string {
	if r.SourceIp == "" && r.Request != nil {
		return r.Request.RemoteIp
	}
	return r.SourceIp
}

func objectKey(r *Record) string {
	if r.Request != nil {
		return r.Request.Key
	}
	return r.Key
}

// principal is whom the storage saw, the session name left out where the
// record knows it apart.
func principal(r *Record) string {
	if r.PrincipalId == "" && r.Request != nil {
		return r.Request.Requester
	}
	return r.PrincipalId
}

// principalName is what a person calls the principal: the session's name,
// else the last part of the ARN.
func principalName(r *Record) string {
	if r.PrincipalSession != "" {
		return r.PrincipalSession
	}
	if !strings.HasPrefix(r.PrincipalId, "arn:") {
		return ""
	}
	if i := strings.LastIndexByte(r.PrincipalId, '/'); i >= 0 {
		return r.PrincipalId[i+1:]
	}
	return ""
}

type centre struct{ organization, conversation, recording string }

// centreNames prefers what the record says over the key and the act.
func centreNames(r *Record) centre {
	names := centre{r.OrganizationId, r.ConversationId, r.RecordingId}
	if q := r.Request; q != nil {
		names = names.or(centre{q.OrganizationId, q.ConversationId, q.RecordingId})
	}
	if a := r.Act; a != nil {
		names = names.or(centre{a.OrganizationId, a.ConversationId, ""})
	}
	if r.SubjectKind == evidence.SubjectKind_SUBJECT_KIND_RECORDING {
		names = names.or(centre{recording: r.SubjectId})
	}
	return names
}

func (c centre) or(other centre) centre {
	if c.organization == "" {
		c.organization = other.organization
	}
	if c.conversation == "" {
		c.conversation = other.conversation
	}
	if c.recording == "" {
		c.recording = other.recording
	}
	return c
}

// arnAccount is the twelve digits of the account that an ARN names.
func arnAccount(arn string) string {
	account := arnField(arn, 4)
	if len(account) != 12 || strings.Trim(account, "0123456789") != "" {
		return ""
	}
	return account
}

func arnField(arn string, n int) string {
	if !strings.HasPrefix(arn, "arn:") {
		return ""
	}
	for range n {
		i := strings.IndexByte(arn, ':')
		if i < 0 {
			return ""
		}
		arn = arn[i+1:]
	}
	field, _, _ := strings.Cut(arn, ":")
	return field
}

// region is where the bucket was spoken to: by the endpoint's name, else by
// the access point or CloudTrail, else where the record says the requests came from.
func region(r *Record) string {
	if q := r.Request; q != nil {
		if name := endpointRegion(q.HostHeader); name != "" {
			return name
		}
		if name := arnField(q.AccessPointArn, 3); name != "" {
			return name
		}
		if name := q.GetTrail().GetAwsRegion(); name != "" {
			return name
		}
		if r.SourceRegion == "" {
			return q.SourceRegion
		}
	}
	return r.SourceRegion
}

// endpointRegion reads the region from an endpoint of AWS:
// bucket.s3.eu-west-1.amazonaws.com, s3.dualstack.…, s3-eu-west-1.…,
// name.s3-accesspoint.….
func endpointRegion(host string) string {
	host, _, _ = strings.Cut(host, ":")
	host = strings.TrimSuffix(host, ".cn")
	host, ok := strings.CutSuffix(host, ".amazonaws.com")
	if !ok {
		return ""
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	last = strings.TrimPrefix(last, "s3-")
	if last == "s3" || strings.HasPrefix(last, "accelerate") || strings.Count(last, "-") < 2 {
		return ""
	}
	return last
}

// hostName is the host header without its port.
func hostName(header string) string {
	if i := strings.LastIndexByte(header, ':'); i >= 0 && !strings.HasSuffix(header, "]") {
		return header[:i]
	}
	return header
}

type requestLine struct{ method, target, path, query, version string }

// splitRequestLine reads "METHOD target HTTP/x". The line is the client's, so
// spaces may stand inside the target, and anything may be missing.
func splitRequestLine(line string) requestLine {
	var l requestLine
	method, rest, ok := strings.Cut(line, " ")
	if !ok || !isToken(method) {
		return l
	}
	l.method, l.target = method, rest
	if i := strings.LastIndexByte(rest, ' '); i >= 0 && strings.HasPrefix(rest[i+1:], "HTTP/") {
		l.target, l.version = rest[:i], rest[i+1+len("HTTP/"):]
	}
	l.path, l.query, _ = strings.Cut(l.target, "?")
	return l
}

func isToken(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return s != ""
}
