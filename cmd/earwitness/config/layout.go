package config

import (
	"path/filepath"
	"strconv"
	"strings"
)

// The data folder holds everything that the program keeps on this machine.

func (c *Config) inData(names ...string) string {
	return filepath.Join(append([]string{string(c.Data)}, names...)...)
}

// BusDir is the folder of the embedded broker.
func (c *Config) BusDir() string { return c.inData("bus") }

// StateDir is the folder of the fold of one partition.
func (c *Config) StateDir(partition int) string { return c.inData("state", strconv.Itoa(partition)) }

// SinkPositionsDir is the folder of the positions of sinks that keep none
// themselves; where there are brokers these keep them.
func (c *Config) SinkPositionsDir() string { return c.inData("sink-positions") }

// RebuildDir is the folder of what a rebuild needs until it has ended, where
// there is no embedded index.
func (c *Config) RebuildDir() string { return c.inData("rebuild") }

// PositionsDir is the folder of the sources' positions.
func (c *Config) PositionsDir() string { return c.inData("positions") }

// OwnKey says that the signing key is the one of the data folder, which is
// made where it is missing, and gives the places of it and of its verifier
// line. It never is where the bus is shared: each process would make another.
func (c *Config) OwnKey() (key, verifier string, own bool) {
	key = c.inData("worm.key")
	return key, c.inData("worm.pub"), !c.Shared() && filepath.Clean(c.WORM.Key.File()) == key
}

// File is the path of the file that holds the verifier lines; empty when v is
// such a line itself.
func (v Verifier) File() string {
	path, found := strings.CutPrefix(string(v), inFile)
	if !found {
		return ""
	}
	return path
}
