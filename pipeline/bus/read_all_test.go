package bus_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/bus"
)

func TestReadAll(t *testing.T) {
	_, client := withTopics(t)
	ctx := deadline(t)
	if all, err := client.ReadAll(ctx, bus.TopicControl, 0); err != nil || len(all) != 0 {
		t.Errorf("an empty topic: %d messages, %v", len(all), err)
	}
	p := bus.NewProducer(client, bus.TopicControl, 1, bus.ProducerConfig{})
	defer p.Close(ctx) //nolint:errcheck // nothing is under way
	var want []string
	for i := range 50 {
		value := fmt.Sprint(i)
		want = append(want, value)
		if _, err := p.ProduceSync(ctx, 0, []bus.Record{{Key: []byte("k"), Value: []byte(value)}}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := client.ReadAll(ctx, bus.TopicControl, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all {
		got = append(got, string(m.Value))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
