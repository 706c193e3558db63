package enrich

import (
	"fmt"
	"strings"
	"time"

	"github.com/dgraph-io/ristretto/v2"

	"earwitness/pipeline/evidence"
)

// known is an answer, or that there is none.
type known struct {
	// fact, raw and uri are absent where there is no answer.
	fact    *evidence.Metadata
	raw     []byte
	uri     string
	content uint64 // 0 where there is no answer
	asked   time.Time
	until   time.Time
}

// cost in bytes, roughly.
func (k *known) cost() int64 { return int64(len(k.raw)+len(k.uri)) + 512 }

// bytesACounter is how much of the cache one counter stands for: about ten
// counters for each answer of the usual size.
const bytesACounter = 128

// cache holds answers by the names of their questions. It decides by its own
// clock how long they live; ristretto, which knows whole seconds of the
// machine's, only makes room. It may lose any of them.
type cache struct {
	answers *ristretto.Cache[string, *known]
	now     func() time.Time
}

func newCache(bytes int64, now func() time.Time) (*cache, error) {
	answers, err := ristretto.NewCache(&ristretto.Config[string, *known]{
		NumCounters: max(bytes/bytesACounter, 1000), MaxCost: bytes, BufferItems: 64, IgnoreInternalCost: true,
	})
	if err != nil {
		return nil, fmt.Errorf("make cache of answers: %w", err)
	}
	return &cache{answers: answers, now: now}, nil
}

// get gives what is known and still fresh; nil for nothing.
func (c *cache) get(name string) *known {
	k, found := c.answers.Get(name)
	if !found || !c.now().Before(k.until) {
		return nil
	}
	return k
}

// put returns when get finds k, unless the cache decided against it.
func (c *cache) put(name string, k *known) {
	c.offer(name, k)
	c.answers.Wait()
}

// offer puts k where there is room, and does not wait until get finds it.
func (c *cache) offer(name string, k *known) {
	if left := k.until.Sub(c.now()); left > 0 {
		c.answers.SetWithTTL(name, k, k.cost(), left+time.Second)
	}
}

// putAll puts conversations last: whoever finds one finds its recordings.
func (c *cache) putAll(answers map[string]*known) {
	var conversations []string
	for name, k := range answers {
		if strings.HasPrefix(name, conversationPrefix) {
			conversations = append(conversations, name)
			continue
		}
		c.put(name, k)
	}
	for _, name := range conversations {
		c.put(name, answers[name])
	}
}

func (c *cache) close() { c.answers.Close() }
