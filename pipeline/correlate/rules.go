package correlate

import (
	"net/netip"
	"time"

	"earwitness/pipeline/access"
)

// Rules are the settings of the attribution rules. All that they hold is
// judged in the fold, so a change of them needs no new evidence, but a new
// epoch: their hash stands in it.
type Rules struct {
	// Model in force: export or direct.
	Model access.Model
	// ServiceRoles and OwnRoles are patterns of path.Match over the ARN of
	// the requester. One without a segment for the session name is matched
	// against the ARN without it.
	ServiceRoles []string
	OwnRoles     []string
	// AWSRequesters are requesters of class aws [AmazonS3].
	AWSRequesters []string
	// SessionGap [10 min] is the longest pause inside one session.
	SessionGap time.Duration
	// Before [5 min] and After [2 min] bound the window of acts.
	Before, After time.Duration
	// Skew [5 s] is how far an act may stand after what it caused.
	Skew time.Duration
	// Horizon [9 days] is how long state is kept after its last evidence.
	Horizon time.Duration
	// ServiceNetworks are the contact centre's networks; empty: unknown, and
	// then no address is foreign.
	ServiceNetworks []netip.Prefix
	// People turn what CloudTrail says of a caller into a user; the first that
	// knows one counts.
	People []PersonRule
}

// DefaultRules are those of the rules' brackets, with no roles and model
// export.
func DefaultRules() Rules {
	return Rules{
		Model:         access.Model_MODEL_EXPORT,
		AWSRequesters: []string{"AmazonS3"},
		SessionGap:    10 * time.Minute,
		Before:        5 * time.Minute,
		After:         2 * time.Minute,
		Skew:          5 * time.Second,
		Horizon:       9 * 24 * time.Hour,
	}
}
