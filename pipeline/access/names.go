package access

// Flags are bits of Record.Flags, in the order of their names.
const (
	FlagActFailed uint32 = 1 << iota
	FlagAddressMismatch
	FlagBeyondHorizon
	FlagContested
	FlagCopied
	FlagDistant
	FlagLinkShared
	FlagOverwrite
	FlagPreflight
	FlagStorageMissing
	FlagUnexpected
	flagEnd
)

var flagNames = [...]string{
	"act-failed", "address-mismatch", "beyond-horizon", "contested", "copied", "distant",
	"link-shared", "overwrite", "preflight", "storage-missing", "unexpected",
}

// FlagNames gives the words for the bits set in flags, sorted.
func FlagNames(flags uint32) []string {
	var names []string
	for i, name := range flagNames {
		if flags&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// ParseFlag gives the bit of a flag's name.
func ParseFlag(name string) (uint32, bool) {
	for i, n := range flagNames {
		if n == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// Name gives the word of the contract for a kind of record.
func (k Kind) Name() string { return pick(k, "", "request", "access") }

// Name gives the word of the contract for a state.
func (s State) Name() string { return pick(s, "", "pending", "final", "retracted") }

// Name gives the word of the contract for a class of action.
func (c Class) Name() string {
	return pick(c, "", "read", "write", "delete", "probe", "change", "other")
}

// Name gives the word of the contract for a verdict.
func (v Verdict) Name() string {
	return pick(v, "", "attributed", "audit-only", "service", "unattributed", "direct", "anonymous", "system", "open")
}

// Name gives the word of the contract for a confidence; empty for none.
func (c Confidence) Name() string { return pick(c, "", "weak", "strong", "exact") }

// Name gives the word of the contract for a principal's class.
func (p PrincipalClass) Name() string {
	return pick(p, "", "anonymous", "aws", "self", "service", "direct")
}

// Name gives the word of the contract for how much was taken; empty without
// a read.
func (t Taken) Name() string { return pick(t, "", "none", "partial", "likely-full", "full") }

// Name gives the word of the contract for a storage model.
func (m Model) Name() string { return pick(m, "", "export", "direct") }

// Name gives the word of the contract for an actor's kind.
func (k ActorKind) Name() string { return pick(k, "unknown", "user", "client", "system") }

func pick[T ~int32](value T, names ...string) string {
	if value < 0 || int(value) >= len(names) {
		return ""
	}
	return names[value]
}
