package worm

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	segmentSuffix   = ".seg"
	partitionDigits = 5
	offsetDigits    = 20
	maxTopic        = 249
)

// Log names one Merkle tree of the store: a partition of a topic of a
// lineage.
type Log struct {
	Lineage   [16]byte
	Topic     string
	Partition int
}

// String is the log's folder in the store, without a slash at its end.
func (l Log) String() string {
	return fmt.Sprintf("%s/%s/%0*d", hex.EncodeToString(l.Lineage[:]), l.Topic, partitionDigits, l.Partition)
}

// Object is the name of the segment of the log that begins at offset first.
func (l Log) Object(first int64) string {
	return fmt.Sprintf("%s/%0*d%s", l, offsetDigits, first, segmentSuffix)
}

// Origin is the first line of the log's checkpoints.
func (l Log) Origin() string {
	return fmt.Sprintf("earwitness/%s/%s/%d", hex.EncodeToString(l.Lineage[:]), l.Topic, l.Partition)
}

// Validate says why the log cannot have a name.
func (l Log) Validate() error {
	if err := checkTopic(l.Topic); err != nil {
		return err
	}
	if l.Partition < 0 || int64(l.Partition) > 1<<31-1 {
		return fmt.Errorf("partition %d is not between 0 and 2147483647", l.Partition)
	}
	return nil
}

func checkTopic(topic string) error {
	if topic == "" || len(topic) > maxTopic || topic == "." || topic == ".." {
		return fmt.Errorf("topic %q is not a topic's name", topic)
	}
	for _, c := range []byte(topic) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == '-':
		default:
			return fmt.Errorf("topic %q is not a topic's name: byte %q", topic, c)
		}
	}
	return nil
}

var errName = errors.New("not the name of a segment")

// parseObject is the inverse of Log.Object: exactly what that writes.
func parseObject(name string) (Log, int64, error) {
	parts := strings.Split(name, "/")
	if len(parts) != 4 || !strings.HasSuffix(parts[3], segmentSuffix) {
		return Log{}, 0, errName
	}
	log, err := parseLog(parts[0], parts[1], parts[2])
	if err != nil {
		return Log{}, 0, err
	}
	first, err := strconv.ParseInt(strings.TrimSuffix(parts[3], segmentSuffix), 10, 64)
	if err != nil || log.Object(first) != name {
		return Log{}, 0, errName
	}
	return log, first, nil
}

// parseOrigin is the inverse of Log.Origin.
func parseOrigin(origin string) (Log, error) {
	parts := strings.Split(origin, "/")
	if len(parts) != 4 || parts[0] != "earwitness" {
		return Log{}, fmt.Errorf("origin %q is not that of a log", origin)
	}
	log, err := parseLog(parts[1], parts[2], parts[3])
	if err != nil || log.Origin() != origin {
		return Log{}, fmt.Errorf("origin %q is not that of a log", origin)
	}
	return log, nil
}

func parseLog(lineage, topic, partition string) (Log, error) {
	var log Log
	if len(lineage) != 2*len(log.Lineage) {
		return Log{}, errName
	}
	if _, err := hex.Decode(log.Lineage[:], []byte(lineage)); err != nil {
		return Log{}, errName
	}
	number, err := strconv.ParseInt(partition, 10, 32)
	if err != nil {
		return Log{}, errName
	}
	log.Topic, log.Partition = topic, int(number)
	if log.Validate() != nil {
		return Log{}, errName
	}
	return log, nil
}
