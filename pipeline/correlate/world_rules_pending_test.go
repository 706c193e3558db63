package correlate_test

import (
	"fmt"
	"time"

	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// Rows of section 9: what is final when; and what records say besides.

func pendingRows() []ruleCase {
	r := request("r", "10:00:00")
	night := build(request("r1", "23:57:00"), request("r2", "+1 00:03:00"))
	rules := func(gap, before, after time.Duration) func(*correlate.Rules) {
		return func(r *correlate.Rules) { r.SessionGap, r.Before, r.After = gap, before, after }
	}
	uneven := build(r)
	uneven.Coverage = map[string]time.Time{"audits": time.UnixMilli(clock("10:10:00")), "s3log": time.UnixMilli(clock("12:00:00"))}
	silent := build(r)
	delete(silent.Coverage, "s3log")
	stranger := build(r)
	stranger.Coverage["stranger"] = time.UnixMilli(clock("00:00:01"))
	return []ruleCase{
		row("9 session: the coverage equal to its last request + L", build(r).coveredTo("10:10:00"), "r state=pending"),
		row("9 session: the coverage cut down to its second", build(r).coveredTo("10:10:00.999"), "r state=pending"),
		row("9 session: a second later", build(r).coveredTo("10:10:01"), "r state=final"),
		row("9 session: from its last request", build(r, request("r2", "10:08:00")).coveredTo("10:18:00"), "r state=pending", "r2 state=pending"),
		row("9 session: from its last request, later", build(r, request("r2", "10:08:00")).coveredTo("10:18:01"), "r state=final", "r2 state=final"),
		row("9 L is the longest: before", build(r).with(rules(time.Minute, 20*time.Minute, 0)).coveredTo("10:20:00"), "r state=pending"),
		row("9 L is the longest: before, later", build(r).with(rules(time.Minute, 20*time.Minute, 0)).coveredTo("10:20:01"), "r state=final"),
		row("9 L is the longest: after", build(r).with(rules(time.Minute, 0, 30*time.Minute)).coveredTo("10:30:00"), "r state=pending"),
		row("9 L is the longest: after, later", build(r).with(rules(time.Minute, 0, 30*time.Minute)).coveredTo("10:30:01"), "r state=final"),
		row("9 one that is continued waits", night.coveredTo("+1 00:13:00"), "r1 state=pending verdict=open", "r2 state=pending"),
		row("9 one that is continued, later", night.coveredTo("+1 00:13:01"), "r1 state=final verdict=unattributed", "r2 state=final"),
		row("9 coverage is the earliest", uneven, "r state=pending"),
		row("9 a source that has stated nothing covers nothing", silent, "r state=pending"),
		row("9 a source that is not configured does not count", stranger, "r state=final"),
	}
}

func pendingAccessRows() []ruleCase {
	r, a := request("r", "10:00:00"), act("a", "10:00:00")
	return []ruleCase{
		row("9 group: until the end of its day + L", build(r).coveredTo("+1 00:10:00"), "r state=final verdict=unattributed", "r^ state=pending verdict=unattributed"),
		row("9 group: later", build(r).coveredTo("+1 00:10:01"), "r^ state=final"),
		row("9 group: until its sessions are", build(request("r1", "23:57:00"), request("r2", "+1 00:09:00"), request("r3", "23:58:30")).coveredTo("+1 00:19:00"),
			"r1^ state=final", "r2^ state=pending"),
		row("9 group: continued sessions hold it", build(request("r1", "23:59:00"), request("r2", "+1 00:09:00")).coveredTo("+1 00:19:00"),
			"r1^ state=pending", "r1 state=pending"),
		row("9 group: continued sessions, later", build(request("r1", "23:59:00"), request("r2", "+1 00:09:00")).coveredTo("+1 00:19:01"),
			"r1^ state=final", "r2^ state=pending", "r2 state=final"),
		row("9 act: until its time + L", build(a).coveredTo("10:10:00"), "a state=pending"),
		row("9 act: its time is cut down", build(act("a", "10:00:00.999")).coveredTo("10:10:01"), "a state=final"),
		row("9 act: later", build(a).coveredTo("10:10:01"), "a state=final"),
		row("9 act: until its sessions are", build(act("a", "09:58:00"), r).coveredTo("10:10:00"), "a state=pending"),
		row("9 act: its sessions are", build(act("a", "09:58:00"), r).coveredTo("10:10:01"), "a state=final", "r state=final"),
		row("9 act: until those that hold it as a candidate are", build(act("b", "09:55:00"), a, r).coveredTo("10:10:00"), "r access=a", "b state=pending flags="),
		row("9 act: those that hold it are", build(act("b", "09:55:00"), a, r).coveredTo("10:10:01"), "b state=final"),
		row("9 act: sessions that do not hold it do not matter", build(act("b", "09:54:59"), a, r).coveredTo("10:10:00"), "b state=final"),
		row("9 act: until the last that continues is", build(act("a", "23:57:00"), request("r1", "23:57:00"), request("r2", "+1 00:03:00")).coveredTo("+1 00:13:00"),
			"a state=pending"),
		row("9 act: the last that continues is", build(act("a", "23:57:00"), request("r1", "23:57:00"), request("r2", "+1 00:03:00")).coveredTo("+1 00:13:01"),
			"a state=final n=2"),
	}
}

func recordRows() []ruleCase {
	r, a := request("r", "10:00:00.700"), act("a", "10:00:00.250")
	read := textsOfRead()
	return []ruleCase{
		row("record: request", build(r, a), "r time=36000700 "+read, "r ip="+home+" users="+serviceOne+",u1 ips="+home),
		row("record: access of an act", build(r, a), "a time=36000250 start=36000250 end=36000700 action=genesys.read users="+serviceOne+",u1",
			"a pieces=2 refs=2 size=1000 bucket=bucket conversation="+conversation),
		row("record: access of a group", build(r, request("r2", "10:00:03")), "r^ time=36000700 start=36000700 end=36003000 action=REST.GET.OBJECT refs=2"),
		row("record: a group's action is of its class", build(request("r", "10:00:00", doing("REST.HEAD.OBJECT")), request("r2", "10:00:03")),
			"r^ action=REST.GET.OBJECT class=read time=36000000"),
		row("record: requests that do not agree", build(r, request("r2", "10:00:03", by(serviceTwo), from(other))),
			"r^ session= principal_id="+serviceRole+" ip= ips="+home+","+other+" users="+serviceOne+","+serviceTwo),
		row("record: an absent address disagrees", build(r, request("r2", "10:00:03", from(""))), "r^ ip= ips="+home),
		row("record: the act's first address that parses", build(act("a", "10:00:00", at("x", other, home)), r), "a ip="+other+" ips="+home+","+other),
		row("record: the requests' address where the act has none", build(act("a", "10:00:00", at()), r), "a ip="+home),
		row("record: the largest size", build(r, request("r2", "10:00:03", answered(206, "", 1, 4000))), "r^ size=4000"),
		row("record: sessions of two principals", build(r, beside("r2", "10:00:01", presigned("g", "")), a), "a presigned=false grant=0 principal=service"),
	}
}

func textsOfRead() string {
	return "action=REST.GET.OBJECT class=read principal=service principal_id=" + serviceRole + " session=s1 size=1000 bucket=bucket"
}

// boundRows are of accesses with more than a record lists.
func boundRows() []ruleCase {
	var crowd []*evidence.Evidence
	for i := range 120 {
		name := fmt.Sprintf("r%03d", i)
		crowd = append(crowd, request(name, "10:00:00", by(serviceRole+"/"+name), from(fmt.Sprintf("198.51.100.%d", i))))
	}
	short := append(crowd[:19:19], act("a", "10:00:00"))
	return []ruleCase{
		row("record: at most 20 requests, and 100 addresses and users", build(crowd...),
			"r000^ n=120 refs=20 pieces=120 ip_count=100 user_count=100"),
		row("record: its act, and at most 20 requests", build(append(crowd[:30:30], act("a", "10:00:00"))...), "a n=30 refs=21 pieces=31"),
		row("record: all below the bound", build(short...), "a n=19 refs=20 pieces=20 user_count=20"),
	}
}
