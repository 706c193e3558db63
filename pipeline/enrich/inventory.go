package enrich

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"earwitness/pipeline/evidence"
)

// inventoryName is that of the one call that reads the inventory.
const inventoryName = "inventory"

const (
	// gatherFor is how long questions gather before the inventory is read
	// for all of them.
	gatherFor = 5 * time.Second
	// restFactor times as long as reading it took it is not read again, so
	// that it takes a tenth of what the organisation allows at most.
	restFactor = 9
)

// scan is one reading of the inventory, which goes on at its cursor after a
// failure. It is used by whoever makes the call, and looked at under mu when
// that has ended.
type scan struct {
	began  time.Time
	cursor string
	// stuck says that the page at cursor failed once.
	stuck bool
	// wanted are the questions that waited when it began: what it did not
	// find of these is not there.
	wanted map[string]question
	found  map[string]*known
	// late are those who asked since then.
	late map[string][]waiter
}

// readInventory looks for all that f waits for, page by page. What else it
// meets the cache may keep: whoever asks for it later needs no reading.
func (s *Stage) readInventory(ctx context.Context, f *flight) (map[string]*known, error) {
	v := f.scan
	if v.wanted == nil {
		v.began, v.found = s.cfg.Now(), make(map[string]*known)
		v.wanted = s.questionsFor(f)
	}
	for {
		page, next, err := s.cfg.Sources.Inventory.Inventory(ctx, v.cursor)
		if err == nil {
			err = s.readPage(ctx, v, page)
		}
		switch {
		case err == nil:
			v.stuck = false
		case s.passes(err):
			// A cursor may have died: the second attempt goes on at it, the
			// third begins anew.
			if v.stuck {
				v.cursor = ""
			}
			v.stuck = !v.stuck
			return nil, err
		default:
			s.note(ctx, question{about: aboutRecording, source: fromInventory}, err)
			next = ""
		}
		if v.cursor = next; next == "" {
			return s.endScan(v), nil
		}
	}
}

// questionsFor are those that wait for f now.
func (s *Stage) questionsFor(f *flight) map[string]question {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted := make(map[string]question, len(f.questions))
	for name, q := range f.questions {
		wanted[name] = q
	}
	return wanted
}

// endScan says of what was not found that there is none, and when the
// inventory may be read again.
func (s *Stage) endScan(v *scan) map[string]*known {
	now := s.cfg.Now().Truncate(time.Millisecond)
	for name := range v.wanted {
		if v.found[name] == nil {
			v.found[name] = s.none(now, "")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scanAfter = now.Add(restFactor * now.Sub(v.began))
	return v.found
}

// readPage takes in the entries of a page, {entities: [RecordingRetention]}.
func (s *Stage) readPage(ctx context.Context, v *scan, page Answer) error {
	var told struct{ Entities []json.RawMessage }
	if json.Unmarshal(page.JSON, &told) != nil {
		return &UnreadableError{inventoryName, "it is no JSON object with a list of entities"}
	}
	now := s.cfg.Now().Truncate(time.Millisecond)
	for _, raw := range told.Entities {
		var entry struct{ RecordingID text }
		if json.Unmarshal(raw, &entry) != nil || entry.RecordingID == "" {
			continue
		}
		q := question{about: aboutRecording, source: fromInventory, id: evidence.LowerUUID(string(entry.RecordingID))}
		k, err := s.read(q, now, Answer{JSON: bytes.Clone(raw), URI: page.URI})
		if err != nil {
			s.note(ctx, q, err)
			continue
		}
		if _, wanted := v.wanted[q.name()]; wanted {
			v.found[q.name()] = k
		} else {
			s.cache.offer(q.name(), k)
		}
	}
	return nil
}

// takeLate takes those out who came after the inventory began to be read,
// unless it was met for them by chance: else it says nothing of them. mu is
// held.
func (s *Stage) takeLate(f *flight) map[string][]waiter {
	if f.scan == nil || f.scan.wanted == nil {
		return nil
	}
	for name, waiters := range f.waiters {
		if _, asked := f.scan.wanted[name]; asked || f.found[name] != nil {
			continue
		}
		if k := s.cache.get(name); k != nil {
			f.found[name] = k
			continue
		}
		if f.scan.late == nil {
			f.scan.late = make(map[string][]waiter)
		}
		f.scan.late[name] = append(f.scan.late[name], waiters...)
		delete(f.waiters, name)
	}
	return f.scan.late
}

// flyAgain lets them wait for the next reading; mu is held.
func (s *Stage) flyAgain(f *flight, late map[string][]waiter) {
	for name, waiters := range late {
		for _, w := range waiters {
			s.fly(w, f.questions[name])
		}
	}
}
