package notification_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earwitness/sources/intake/notification"
)

// FuzzRead: no message breaks it, what it gives keeps to its promises, and it
// gives the same twice.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := notification.Read(body)
		var e *notification.Error
		if err != nil && (!errors.As(err, &e) || e.Cause == "" || len(m.Objects) > 0) {
			t.Fatalf("%v gives %+v", err, m)
		}
		for _, o := range m.Objects {
			if o.Bucket == "" || o.Key == "" || len(o.Key) > 1024 || o.Size < 0 || o.Time.IsZero() && o.Event == "" {
				t.Errorf("%+v", o)
			}
		}
		again, _ := notification.Read(body)
		if diff := cmp.Diff(m, again); diff != "" {
			t.Error(diff)
		}
	})
}
