package access

// offsetBits is how many low bits of a revision hold the offset.
const offsetBits = 40

// Revision puts an epoch's number above an offset of a partition, so that
// records of a later epoch replace those of an earlier one, wherever the
// offsets stand. Offsets stay below 2^40: a
// partition takes a thousand billion records.
func Revision(epoch uint64, offset int64) uint64 {
	return epoch<<offsetBits | uint64(offset)&(1<<offsetBits-1)
}

// SplitRevision gives back what Revision put together.
func SplitRevision(revision uint64) (epoch uint64, offset int64) {
	return revision >> offsetBits, int64(revision & (1<<offsetBits - 1))
}
