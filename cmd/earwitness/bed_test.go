//go:build servers

package main

import (
	"testing"

	"earwitness/deployments/testbed/bedtest"
)

// bed has the servers that tests of this package share.
var bed bedtest.Bed

func runTests(m *testing.M) int { return bed.Main(m).Run() }
