package engine

import (
	"fmt"
	"time"
)

// NotReady says why the process does not do all of its work, a sentence for
// each stage, topic and cause; none when it does. What waits shorter than
// bound counts as doing it.
func (s *Status) NotReady(bound time.Duration) []string {
	var all []string
	if s.Rebuilding {
		all = append(all, "a rebuild goes on")
	}
	if !s.Following {
		all = append(all, "no partition is followed yet: they are being assigned")
	}
	for _, source := range s.Sources {
		if source.Since != nil && s.Time.Sub(*source.Since) >= bound {
			all = append(all, fmt.Sprintf("source %s is waiting since %s: %s", source.Name, source.Since.Format(time.RFC3339), source.Waiting))
		}
	}
	for i := range s.Stages {
		all = append(all, s.Stages[i].notReady(s.Time, bound)...)
	}
	return all
}

// notReady names the first partition of each state, and how many share it.
func (s *StageStatus) notReady(now time.Time, bound time.Duration) []string {
	var all []string
	first, count := map[string]int{}, map[string]int{}
	for _, p := range s.Partitions {
		if p.State == StateFollowing || p.State == StateWaiting && p.Since != nil && now.Sub(*p.Since) < bound {
			continue
		}
		if count[p.State]++; count[p.State] > 1 {
			continue
		}
		first[p.State] = len(all)
		all = append(all, fmt.Sprintf("%s %s/%d is %s", s.Stage, s.Topic, p.Partition, p.why()))
	}
	for state, n := range count {
		if n > 1 {
			all[first[state]] += fmt.Sprintf(" (partitions like it: %d)", n-1)
		}
	}
	return all
}

func (p *PartitionStatus) why() string {
	text := p.State
	if p.Since != nil {
		text += " since " + p.Since.Format(time.RFC3339)
	}
	switch p.State {
	case StateReplaying:
		text += fmt.Sprintf(", at %d of %d", p.Position, p.End)
	case StateWaiting:
		text += ": " + p.Waiting
	}
	return text
}
