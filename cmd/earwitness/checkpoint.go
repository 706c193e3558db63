package main

import (
	"bytes"
	"fmt"
	"os"
)

// signature begins the lines behind a signed note's text.
const signature = "— "

// maxNotes bounds a file of checkpoints: many more than one for each log.
const maxNotes = 64 << 20

// joinNotes puts signed notes into one file, an empty line behind each.
func joinNotes(notes [][]byte) []byte {
	var b bytes.Buffer
	for _, n := range notes {
		b.Write(n)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// splitNotes takes them apart again: a note ends with its last signature.
func splitNotes(text []byte) [][]byte {
	var notes [][]byte
	var current []byte
	signed := false
	for line := range bytes.Lines(text) {
		isSignature := bytes.HasPrefix(line, []byte(signature))
		if signed && !isSignature {
			notes, current, signed = append(notes, current), nil, false
		}
		if len(current) == 0 && len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		signed = signed || isSignature
		current = append(current, line...)
	}
	if len(current) > 0 {
		notes = append(notes, current)
	}
	return notes
}

func readNotes(path string) ([][]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	if info.Size() > maxNotes {
		return nil, fmt.Errorf("read checkpoints: %s has %d bytes; that is no file of checkpoints", path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	notes := splitNotes(text)
	if len(notes) == 0 {
		return nil, fmt.Errorf("read checkpoints: %s is empty", path)
	}
	return notes, nil
}
