package main

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"earwitness/cmd/earwitness/engine"
	"earwitness/cmd/earwitness/monitor"
)

// TestNobodyFollowsWithoutTheGroup: when the coordinator of the group is lost
// while the brokers answer all else, nothing is followed, and each partition
// says so until the group is back.
func TestNobodyFollowsWithoutTheGroup(t *testing.T) {
	t.Parallel()
	s := newSharing(t)
	var lost atomic.Bool
	s.brokers.ControlKey(int16(kmsg.Heartbeat), func(r kmsg.Request) (kmsg.Response, error, bool) {
		s.brokers.KeepControl()
		answer := r.ResponseKind().(*kmsg.HeartbeatResponse)
		answer.ErrorCode = 16
		return answer, nil, lost.Load()
	})
	s.brokers.ControlKey(int16(kmsg.FindCoordinator), func(r kmsg.Request) (kmsg.Response, error, bool) {
		s.brokers.KeepControl()
		answer := r.ResponseKind().(*kmsg.FindCoordinatorResponse)
		answer.ErrorCode, answer.NodeID = 15, -1
		return answer, nil, lost.Load()
	})
	states := func(r monitor.Report, so func(engine.PartitionStatus) bool) bool {
		n := 0
		for _, stage := range r.Engine.Stages {
			for _, p := range stage.Partitions {
				if !so(p) {
					return false
				}
				n++
			}
		}
		return n > 0
	}
	following := func(r monitor.Report) bool {
		return r.Engine != nil && states(r, func(p engine.PartitionStatus) bool { return p.State == engine.StateFollowing })
	}
	o := observe(t, nil, "run", "--config", s.file, "--data", s.dir+"/data")
	o.await("all is followed", following)
	lost.Store(true)
	o.await("each partition waits for the group, and why", func(r monitor.Report) bool {
		return states(r, func(p engine.PartitionStatus) bool {
			return p.State == engine.StateWaiting && p.Retries > 0 && strings.Contains(p.Waiting, "Group Coordinator Not Available")
		})
	})
	lost.Store(false)
	o.await("all is followed again", following)
	o.end()
}
