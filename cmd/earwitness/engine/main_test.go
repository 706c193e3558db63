package engine_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain sees to it that every engine has ended all that it began.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
