package bus

import (
	"fmt"
	"log/slog"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// Mechanism is a way to prove to a broker who we are.
type Mechanism string

// The mechanisms. The zero value stands for plain.
const (
	// MechanismPlain shows the password to the broker: use it over TLS.
	MechanismPlain Mechanism = "plain"
	// MechanismSCRAM256 and MechanismSCRAM512 prove that both sides know the
	// password without showing it (RFC 5802, RFC 7677).
	MechanismSCRAM256 Mechanism = "scram-sha-256"
	MechanismSCRAM512 Mechanism = "scram-sha-512"
)

// Validate tells what is wrong with a mechanism that was configured.
func (m Mechanism) Validate() error {
	switch m {
	case "", MechanismPlain, MechanismSCRAM256, MechanismSCRAM512:
		return nil
	}
	return fmt.Errorf("SASL mechanism %q is not known: it is %s, %s or %s", string(m), MechanismPlain, MechanismSCRAM256, MechanismSCRAM512)
}

// SASL is what proves to the brokers who we are. Its texts leave the password
// out.
type SASL struct {
	Mechanism Mechanism
	User      string
	Password  string
}

// String leaves the password out.
func (s SASL) String() string { return fmt.Sprintf("%s by %s", s.User, s.mechanism()) }

// GoString leaves the password out.
func (s SASL) GoString() string { return "bus.SASL{" + s.String() + "}" }

// LogValue leaves the password out.
func (s SASL) LogValue() slog.Value {
	return slog.GroupValue(slog.String("user", s.User), slog.String("mechanism", string(s.mechanism())))
}

func (s SASL) mechanism() Mechanism {
	if s.Mechanism == "" {
		return MechanismPlain
	}
	return s.Mechanism
}

// exchange gives the side of the client. It remembers keys that are costly to
// derive, so one serves all connections.
func (s SASL) exchange() (sasl.Mechanism, error) {
	switch s.mechanism() {
	case MechanismPlain:
		return plain.Mechanism{Username: s.User, Password: s.Password}, nil
	case MechanismSCRAM256:
		return scram.Mechanism(scram.SHA256, s.User, s.Password)
	case MechanismSCRAM512:
		return scram.Mechanism(scram.SHA512, s.User, s.Password)
	}
	return nil, s.Mechanism.Validate()
}
