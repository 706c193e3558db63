package engine

import (
	"errors"
	"testing"

	"earwitness/pipeline/amazon"
	"earwitness/pipeline/enrich"
	"earwitness/sources/genesys/cloud"
	"earwitness/sources/intake"
)

// TestWhyNothingIsAnswered: what a source does not have or show is an answer,
// and all else is tried again.
func TestWhyNothingIsAnswered(t *testing.T) {
	t.Parallel()
	api := func(status int) error {
		_, err := (&metadataOf{}).answer("/x", nil, &cloud.Error{Status: status})
		return err
	}
	for name, test := range map[string]struct{ err, want error }{
		"404":                 {api(404), enrich.ErrMissing},
		"403":                 {api(403), enrich.ErrDenied},
		"401":                 {api(401), nil},
		"500":                 {api(500), nil},
		"object gone":         {asked(&intake.RefusalError{Cause: intake.CauseGone, Err: errors.New("x")}), enrich.ErrMissing},
		"object denied":       {asked(&intake.RefusalError{Cause: intake.CauseDenied, Err: errors.New("x")}), enrich.ErrDenied},
		"object, unknown key": {asked(&intake.RefusalError{Cause: intake.CauseDenied, Err: &amazon.Error{Identity: true, Err: errors.New("x")}}), nil},
		"object cut":          {asked(&intake.TransferError{Err: errors.New("x")}), nil},
		"object by anybody":   {asked(errors.New("x")), nil},
	} {
		for _, known := range []error{enrich.ErrMissing, enrich.ErrDenied} {
			if got := errors.Is(test.err, known); got != errors.Is(test.want, known) {
				t.Errorf("%s: %v is %v: %t", name, test.err, known, got)
			}
		}
		if test.err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
