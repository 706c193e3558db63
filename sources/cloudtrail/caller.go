package cloudtrail

import "net/netip"

func (e *event) callerMember(name string) {
	c := e.caller
	switch name {
	case "type":
		c.Type = e.text()
	case "principalId":
		c.PrincipalId = e.text()
	case "arn":
		c.Arn = e.text()
	case "accountId":
		c.AccountId = e.word()
	case "accessKeyId":
		c.AccessKeyId = e.text()
	case "userName":
		c.UserName = e.text()
	case "invokedBy":
		c.InvokedBy = e.text()
	case "sessionContext":
		e.object((*event).sessionMember)
	default:
		e.skipLooking()
	}
}

func (e *event) sessionMember(name string) {
	switch name {
	case "sourceIdentity":
		e.caller.SourceIdentity = e.text()
	case "attributes":
		e.object((*event).attributeMember)
	case "sessionIssuer":
		e.object((*event).issuerMember)
	default:
		e.skipLooking()
	}
}

func (e *event) attributeMember(name string) {
	switch name {
	case "mfaAuthenticated":
		e.caller.MfaAuthenticated = e.word()
	case "creationDate":
		e.caller.CreationDate = e.text()
	default:
		e.skipLooking()
	}
}

func (e *event) issuerMember(name string) {
	c := e.caller
	switch name {
	case "type":
		c.IssuerType = e.text()
	case "principalId":
		c.IssuerPrincipalId = e.text()
	case "arn":
		c.IssuerArn = e.text()
	case "accountId":
		c.IssuerAccountId = e.word()
	case "userName":
		c.IssuerUserName = e.text()
	default:
		e.skipLooking()
	}
}

// requester is the caller by the name that an access log gives: an ARN, svc:
// and the service, nothing for somebody anonymous. Where no ARN is known it is
// what is: the principal, the account, the type. It is never nothing for
// somebody who had a name.
func (e *event) requester() string {
	c := e.caller
	switch {
	case c.Arn != "":
		return c.Arn
	case c.AccountId == "ANONYMOUS_PRINCIPAL", c.PrincipalId == "Anonymous":
		return ""
	case c.Type == "AWSService" && c.InvokedBy != "":
		return "svc:" + c.InvokedBy
	}
	return first(c.PrincipalId, c.AccountId, c.InvokedBy, c.Type, "unknown")
}

// namedAlike says whether access logs call the caller by the same name. Root
// and callers of other accounts have a canonical id there, which CloudTrail
// does not tell.
func (e *event) namedAlike() bool {
	switch e.caller.Type {
	case "Root":
		return false
	case "AWSAccount":
		return e.caller.Arn != "" || e.requester() == ""
	}
	return true
}

// remote is sourceIPAddress: an address, or else a name, such as a service's.
func (e *event) remote() (ip, name string) {
	if e.address == "" {
		return "", ""
	}
	if _, err := netip.ParseAddr(e.address); err != nil {
		return "", e.address
	}
	return e.address, ""
}
