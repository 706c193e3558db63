package fakecloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Filled counts what came out of a folder of audits.
type Filled struct {
	// Platform and Quality are the audits of each API. Events are left out:
	// they come by EventBridge and never by a query.
	Platform, Quality, Events int
	// Users and Recordings that the audits name.
	Users, Recordings int
}

// Fill takes the audits of a folder, such as the simulator writes, in any of
// their shapes; and the users and recordings that they name. An audit becomes
// visible delay after its time.
func (c *Cloud) Fill(dir string, delay time.Duration) (Filled, error) {
	var sum Filled
	entries, err := os.ReadDir(dir)
	if err != nil {
		return sum, fmt.Errorf("fill fake cloud: %w", err)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return sum, fmt.Errorf("fill fake cloud: %w", err)
		}
		err = eachAudit(text, func(raw json.RawMessage) error { return c.fillOne(raw, delay, &sum) })
		if err != nil {
			return sum, fmt.Errorf("fill fake cloud from %s: %w", entry.Name(), err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	sum.Users, sum.Recordings = len(c.users), len(c.recordings)
	return sum, nil
}

// shape is what of an audit tells where it belongs, and what it names.
type shape struct {
	ID, ServiceName, EntityType, EventDate, EventTime string

	Detail, EventBody, RemoteIPs, MessageInfo json.RawMessage
	User                                      User
	Entity                                    struct{ ID string }
	Context                                   struct{ ConversationID string }
}

func (c *Cloud) fillOne(raw json.RawMessage, delay time.Duration, sum *Filled) error {
	var s shape
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	if s.Detail != nil || s.EventBody != nil {
		sum.Events++
		return nil
	}
	in, count := apiPlatform, &sum.Platform
	switch s.ServiceName {
	case "RecordingService", "RecordingPlaybackService", "QualityService", "HorusService":
		in, count = apiQuality, &sum.Quality
	}
	if s.RemoteIPs != nil || s.MessageInfo != nil {
		in, count = apiQuality, &sum.Quality
	}
	a, err := readAudit(raw)
	if err != nil {
		return err
	}
	a.visible = a.at.Add(delay)
	c.mu.Lock()
	fresh := c.keep(in, a)
	c.mu.Unlock()
	if !fresh {
		return nil
	}
	*count++
	if s.User.ID != "" && s.User.Name != "" {
		c.AddUser(s.User)
	}
	if s.Context.ConversationID != "" && s.EntityType == "Recording" {
		c.AddRecording(Recording{ID: s.Entity.ID, Conversation: s.Context.ConversationID, MediaSubtype: "Trunk", Created: a.at})
	}
	return nil
}

// eachAudit goes over values, arrays of values, and pages of them.
func eachAudit(text []byte, f func(json.RawMessage) error) error {
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var value json.RawMessage
		if err := d.Decode(&value); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var list []json.RawMessage
		var page struct{ Entities []json.RawMessage }
		switch {
		case value[0] == '[':
			if err := json.Unmarshal(value, &list); err != nil {
				return err
			}
		case json.Unmarshal(value, &page) == nil && page.Entities != nil:
			list = page.Entities
		default:
			list = []json.RawMessage{value}
		}
		for _, item := range list {
			if err := f(item); err != nil {
				return err
			}
		}
	}
}
