//go:build !servers

package main

import "testing"

func runTests(m *testing.M) int { return m.Run() }
