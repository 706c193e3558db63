package bus

import (
	"fmt"
	"testing"

	"github.com/segmentio/kafka-go"
)

// The values are those of the test of Kafka's own client.
func TestMurmur2IsJavas(t *testing.T) {
	for key, want := range map[string]int32{
		"21":                         -973932308,
		"foobar":                     -790332482,
		"a-little-bit-long-string":   -985981536,
		"a-little-bit-longer-string": -1486304829,
		"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
		"abc": 479470107,
	} {
		if got := int32(murmur2([]byte(key))); got != want {
			t.Errorf("murmur2 of %q is %d, want %d", key, got, want)
		}
	}
}

func TestPartitionOfAgreesWithKafkaGo(t *testing.T) {
	other := kafka.Murmur2Balancer{}
	all := []int{0, 1, 2, 3, 4, 5, 6, 7}
	for i := range 1000 {
		key := fmt.Appendf(nil, "key-%d-%0*d", i, i%7, i)
		if got, want := PartitionOf(key, len(all)), other.Balance(kafka.Message{Key: key}, all...); got != want {
			t.Errorf("key %q goes to partition %d, by kafka-go to %d", key, got, want)
		}
	}
}
