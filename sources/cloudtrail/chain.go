package cloudtrail

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Finding is a link that does not hold: evidence, and a dead letter.
type Finding struct {
	// Cause is one of CauseTampered and its like.
	Cause string
	// Object is the log file or digest that is in question.
	Object string
	Detail string
	// By is the digest that says otherwise; empty where there is none.
	By         string
	Want, Seen string
}

// ChainConfig of a Chain.
type ChainConfig struct {
	// Path of the file in which what was seen is kept.
	Path string
	// Keys that signatures are held against; nil checks none, but hashes and
	// links still.
	Keys Keys
	// Clock; nil is the time of day.
	Clock func() time.Time
}

// Chain holds the log files that were read against the digests of a trail: the
// hash of each file, the signature of each digest, and its link to the one
// before. Files and digests may come in any order. It is safe for concurrent
// use; what it was told is durable when a call returns.
type Chain struct {
	config ChainConfig
	mu     sync.Mutex
	ledger *ledger
}

// OpenChain goes on where an earlier one ended. Close it.
func OpenChain(config ChainConfig) (*Chain, error) {
	if config.Clock == nil {
		config.Clock = time.Now
	}
	l, err := openLedger(config.Path, config.Clock)
	if err != nil {
		return nil, err
	}
	return &Chain{config: config, ledger: l}, nil
}

// Close gives the file back.
func (c *Chain) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.close()
}

// logFile tells of a log file that was read to its end, or as far as it can be.
func (c *Chain) logFile(uri string, sum [sha256.Size]byte) ([]Finding, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.ledger.of(nameOf(uri))
	if now := hex.EncodeToString(sum[:]); e.Seen == now && e.URI == uri {
		return c.compare(e), c.ledger.keep() // it was read before
	}
	e.Seen, e.URI = hex.EncodeToString(sum[:]), uri
	if e.Listed == 0 {
		e.Listed = c.config.Clock().Unix()
	}
	return c.compare(e), c.ledger.keep(e)
}

// compare holds what was read of a file or digest against what a digest says.
func (c *Chain) compare(e *entry) []Finding {
	if e.Want == "" || e.Seen == "" || e.Want == e.Seen {
		return nil
	}
	f := Finding{Cause: CauseTampered, Object: e.URI, By: e.By, Want: e.Want, Seen: e.Seen}
	f.Detail = fmt.Sprintf("the log file is not the one that CloudTrail delivered: its SHA-256 is %s, digest %s says %s", e.Seen, e.By, e.Want)
	if e.Digest != nil {
		f.Cause = CauseLink
		f.Detail = fmt.Sprintf("the digest is not the one that the next was linked to: its SHA-256 is %s, digest %s says %s", e.Seen, e.By, e.Want)
	}
	return []Finding{f}
}

// digestFile tells of a digest that was read, with its signature where that is
// known.
func (c *Chain) digestFile(uri string, content []byte, signature string) ([]Finding, error) {
	name := nameOf(uri)
	d, err := parseDigest(content)
	if err != nil {
		return []Finding{{Cause: CauseDigest, Object: uri, Detail: "the digest can't be read: " + err.Error()}}, nil
	}
	var found []Finding
	if stated := nameOf(d.DigestS3Object); stated != name {
		found = append(found, Finding{Cause: CauseLink, Object: uri, Detail: fmt.Sprintf("the digest has been renamed: it says that its name is %s", stated)})
		name = stated
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := sha256.Sum256(content)
	e := c.ledger.of(name)
	if e.Digest == nil {
		e.Digest = &digestEntry{}
	}
	if e.Listed == 0 {
		e.Listed = c.config.Clock().Unix()
	}
	e.Seen, e.URI = hex.EncodeToString(sum[:]), uri
	e.Digest.Signed, e.Digest.Fingerprint, e.Digest.Algorithm = d.signed(sum), d.DigestPublicKeyFingerprint, d.DigestSignatureAlgorithm
	e.Digest.Checked = false
	if signature != "" {
		e.Digest.Signature = signature
	}
	changed := []*entry{e}
	found = append(found, c.compare(e)...)
	found = append(found, c.checkSignature(e)...)
	more, previous := c.linkBack(e, d)
	found, changed = append(found, more...), append(changed, previous...)
	more, files := c.expect(e, d)
	found, changed = append(found, more...), append(changed, files...)
	return found, c.ledger.keep(changed...)
}

// linkBack holds the digest before against what this one says of it.
func (c *Chain) linkBack(e *entry, d *digest) (found []Finding, changed []*entry) {
	if d.PreviousDigestS3Object == nil || *d.PreviousDigestS3Object == "" {
		return nil, nil
	}
	e.Digest.Previous = nameOf(*d.PreviousDigestS3Object)
	p := c.ledger.of(e.Digest.Previous)
	if p.Digest == nil {
		p.Digest = &digestEntry{}
	}
	if p.Listed == 0 {
		p.Listed = c.config.Clock().Unix()
	}
	if d.PreviousDigestHashValue != nil {
		p.Want, p.By = strings.ToLower(*d.PreviousDigestHashValue), e.Name
		found = c.compare(p)
	}
	if d.PreviousDigestSignature != nil && p.Digest.Signature == "" {
		p.Digest.Signature = *d.PreviousDigestSignature
		found = append(found, c.checkSignature(p)...)
	}
	return found, []*entry{p}
}

// expect notes the log files of a digest.
func (c *Chain) expect(e *entry, d *digest) (found []Finding, changed []*entry) {
	for _, file := range d.LogFiles {
		f := c.ledger.of(nameOf(file.S3Object))
		f.Want, f.By = strings.ToLower(file.HashValue), e.Name
		if f.Listed == 0 {
			f.Listed = c.config.Clock().Unix()
		}
		if f.URI == "" {
			f.URI = "s3://" + file.S3Bucket + "/" + file.S3Object
		}
		found, changed = append(found, c.compare(f)...), append(changed, f)
	}
	return found, changed
}

// signature tells of a digest's signature, in hex.
func (c *Chain) signature(name, signature string) ([]Finding, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.ledger.of(nameOf(name))
	if e.Digest == nil {
		e.Digest = &digestEntry{}
	}
	e.Digest.Signature, e.Digest.Checked = strings.TrimSpace(signature), false
	found := c.checkSignature(e)
	return found, c.ledger.keep(e)
}

// checkSignature checks one once digest and signature are known.
func (c *Chain) checkSignature(e *entry) []Finding {
	d := e.Digest
	if c.config.Keys == nil || d.Checked || len(d.Signed) == 0 || d.Signature == "" {
		return nil
	}
	d.Checked = true
	err := c.config.Keys.verify(d.Signed, d.Fingerprint, d.Algorithm, d.Signature)
	if err == nil {
		return nil
	}
	f := Finding{Cause: CauseSignature, Object: e.URI, Want: d.Fingerprint, Seen: e.Seen}
	if errors.Is(err, errUnknownKey) {
		f.Cause = CauseUnknownKey
	}
	f.Detail = fmt.Sprintf("the signature of the digest does not hold (key %s): %v", d.Fingerprint, err)
	return []Finding{f}
}

// Missing gives the log files that digests tell of, and the digests between
// others, that have not come within grace after they were told of. Each is
// given until Reported was called for it.
func (c *Chain) Missing(grace time.Duration) []Finding {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.config.Clock().Add(-grace).Unix()
	earliest := c.firsts()
	var found []Finding
	for _, name := range slices.Sorted(maps.Keys(c.ledger.known)) {
		e := c.ledger.known[name]
		if e.Seen != "" || e.Missed || e.Listed == 0 || e.Listed > before {
			continue
		}
		f := Finding{Cause: CauseMissing, Object: first(e.URI, name), By: e.By, Want: e.Want}
		f.Detail = fmt.Sprintf("the log file is not there: digest %s says that CloudTrail delivered it", e.By)
		if e.Digest != nil {
			chain, end := chainOf(name)
			if end < earliest[chain] {
				continue // it lies before all that was given to us
			}
			f.Detail = fmt.Sprintf("the digest is not there: digest %s comes behind it", e.By)
		}
		found = append(found, f)
	}
	return found
}

// firsts gives for each chain when its earliest digest ends that was read.
func (c *Chain) firsts() map[string]string {
	first := map[string]string{}
	for name, e := range c.ledger.known {
		if e.Digest == nil || e.Seen == "" {
			continue
		}
		chain, end := chainOf(name)
		if known, ok := first[chain]; !ok || end < known {
			first[chain] = end
		}
	}
	return first
}

// Reported says that findings of Missing are durable elsewhere.
func (c *Chain) Reported(found []Finding) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var changed []*entry
	for _, f := range found {
		if e := c.ledger.known[nameOf(f.Object)]; e != nil && f.Cause == CauseMissing {
			e.Missed = true
			changed = append(changed, e)
		}
	}
	return c.ledger.keep(changed...)
}
