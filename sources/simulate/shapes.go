package simulate

// appendPlatform writes a as the platform's audit query gives it.
func appendPlatform(dst []byte, a *act, at int64, org string) []byte {
	dst = appendHead(dst, a, org)
	dst = append(dst, `,"eventDate":"`...)
	dst = append(appendSecond(dst, at), '"')
	dst = appendParty(dst, a, "user", "client")
	dst = appendAddress(dst, a, "remoteIp")
	dst = appendMember(dst, "serviceName", "Quality")
	dst = appendMember(dst, "level", a.level("USER", "SYSTEM"))
	dst = appendMember(dst, "status", a.outcome("SUCCESS", "FAILURE"))
	dst = appendDeed(dst, a)
	return append(dst, `,"application":"","initiatingAction":{},"transactionInitiator":false}`...)
}

// appendQuality writes a as the quality audit query gives it.
func appendQuality(dst []byte, a *act, at int64, org string) []byte {
	dst = appendHead(dst, a, org)
	dst = append(dst, `,"eventDate":"`...)
	dst = append(appendMilli(dst, at), '"')
	dst = appendParty(dst, a, "user", "client")
	dst = appendAddress(dst, a, "remoteIps")
	dst = appendMember(dst, "serviceName", a.qualityService())
	dst = appendMember(dst, "level", a.level("User", "System"))
	dst = appendMember(dst, "status", a.outcome("Success", "Failure"))
	dst = appendDeed(dst, a)
	return append(dst, `,"propertyChanges":[]}`...)
}

// appendFileItem writes a as a downloaded file has it: with eventTime.
func appendFileItem(dst []byte, a *act, at int64, org string) []byte {
	dst = appendHead(dst, a, org)
	dst = append(dst, `,"eventTime":"`...)
	dst = append(appendSecond(dst, at), '"')
	dst = appendParty(dst, a, "user", "client")
	dst = appendAddress(dst, a, "remoteIp")
	dst = appendMember(dst, "serviceName", "Quality")
	dst = appendMember(dst, "level", a.level("USER", "SYSTEM"))
	dst = appendMember(dst, "status", a.outcome("SUCCESS", "FAILURE"))
	return append(appendDeed(dst, a), '}')
}

// appendEvent writes an act in the envelope of EventBridge. Events have no status.
func (a *audits) appendEvent(dst []byte, it *act, at int64, s *source) []byte {
	dst = append(dst, `{"version":"0","id":"`...)
	dst = s.appendUUID(dst)
	dst = append(dst, `","detail-type":"v2.audits.entitytype.{id}.entityid.{id}","source":"aws.partner/genesys.com/cloud/`...)
	dst = append(append(append(dst, a.org...), `/audit","account":"`...), a.account...)
	dst = append(dst, `","time":"`...)
	dst = appendSecond(dst, at)
	dst = append(dst, `","region":"`...)
	dst = append(append(dst, a.region...), `","resources":[],"detail":{"topicName":"v2.audits.entitytype.`...)
	dst = append(append(dst, it.entityType...), ".entityid."...)
	dst = append(append(dst, it.entity...), `","version":"2","eventBody":`...)
	dst = appendHead(dst, it, a.org)
	dst = append(dst, `,"eventTime":"`...)
	dst = append(appendMilli(dst, at), '"')
	switch {
	case it.person == nil:
	case it.person.client:
		dst = append(append(append(dst, `,"clientId":{"id":"`...), it.person.id...), `"}`...)
	default:
		dst = appendMember(dst, "userId", it.person.id)
		dst = append(dst, `,"username":{"id":""},"clientId":{}`...)
		dst = appendMember(dst, "userDisplay", it.person.name)
	}
	dst = appendAddress(dst, it, "remoteIp")
	dst = appendMember(dst, "serviceName", "Quality")
	dst = appendMember(dst, "level", it.level("USER", "SYSTEM"))
	dst = appendDeed(dst, it)
	dst = append(dst, `},"metadata":{"CorrelationId":"`...)
	dst = s.appendUUID(dst)
	dst = append(dst, `-archival"},"timestamp":"`...)
	return append(appendMilli(dst, at+s.below(900)), `"}}`...)
}

func appendHead(dst []byte, a *act, org string) []byte {
	dst = append(append(append(dst, `{"id":"`...), a.id...), '"')
	return appendMember(dst, "userHomeOrgId", org)
}

func appendParty(dst []byte, a *act, user, client string) []byte {
	name := user
	switch {
	case a.person == nil:
		return dst
	case a.person.client:
		name = client
	}
	dst = append(append(append(dst, ',', '"'), name...), `":{"id":"`...)
	dst = append(append(dst, a.person.id...), '"')
	return append(appendMember(dst, "name", a.person.name), '}')
}

func appendAddress(dst []byte, a *act, name string) []byte {
	if a.person == nil {
		return dst
	}
	dst = append(append(append(dst, ',', '"'), name...), `":["`...)
	return append(append(dst, a.person.address...), `"]`...)
}

func appendDeed(dst []byte, a *act) []byte {
	dst = appendMember(dst, "action", a.action)
	dst = appendMember(dst, "entityType", a.entityType)
	dst = append(append(append(dst, `,"entity":{"id":"`...), a.entity...), `"}`...)
	if a.conversation == "" {
		return append(dst, `,"context":{}`...)
	}
	return append(append(append(dst, `,"context":{"conversationId":"`...), a.conversation...), `"}`...)
}

func (a *act) level(user, system string) string {
	if a.person == nil {
		return system
	}
	return user
}

func (a *act) outcome(success, failure string) string {
	if a.failed {
		return failure
	}
	return success
}

func (a *act) qualityService() string {
	switch {
	case a.entityType == "Evaluation":
		return "QualityService"
	case a.action == "Read" || a.action == "Download":
		return "RecordingPlaybackService"
	}
	return "RecordingService"
}
