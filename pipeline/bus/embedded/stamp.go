package embedded

import (
	"encoding/binary"
	"hash/crc32"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Where the fields of a record batch lie.
const (
	batchHead    = 61
	atLength     = 8
	lengthBase   = 12
	atMagic      = 16
	atChecksum   = 17
	atAttributes = 21
	atLastDelta  = 23
	atFirstTime  = 27
	atMaxTime    = 35
)

func checksum(b []byte) uint32 {
	return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
}

// stampAppendTime gives each batch the time of its append, as a topic with
// message.timestamp.type=LogAppendTime has it. kfake ignores that setting: it
// goes by a bit that real brokers refuse from a producer, and then stores the
// batch under a checksum that is no longer right, so that it is cut off as
// damaged at the next opening. The producer's records carry no time of their
// own, so the batch's first time is theirs.
func stampAppendTime(request kmsg.Request) (kmsg.Response, error, bool) { //nolint:revive // as kfake wants it
	produce, ok := request.(*kmsg.ProduceRequest)
	if !ok {
		return nil, nil, false
	}
	now := uint64(time.Now().UnixMilli())
	for i := range produce.Topics {
		for j := range produce.Topics[i].Partitions {
			stamp(produce.Topics[i].Partitions[j].Records, now)
		}
	}
	return nil, nil, false
}

// stamp leaves alone what the broker will refuse.
func stamp(b []byte, now uint64) {
	if len(b) < batchHead || b[atMagic] != 2 || binary.BigEndian.Uint32(b[atChecksum:]) != checksum(b[atAttributes:]) {
		return
	}
	binary.BigEndian.PutUint64(b[atFirstTime:], now)
	binary.BigEndian.PutUint64(b[atMaxTime:], now)
	binary.BigEndian.PutUint32(b[atChecksum:], checksum(b[atAttributes:]))
}
