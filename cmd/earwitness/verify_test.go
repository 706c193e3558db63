package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earwitness/pipeline/bus"
	"earwitness/sinks/worm"
)

// archived gives the flags that name an archive of two evidences, and its
// only segment.
func archived(t *testing.T) (data string, flags []string, segment string) {
	t.Helper()
	data = t.TempDir()
	makeArchive(t, data, bus.TopicEvidence, makeEvidence("first line"), makeEvidence("second line\x1b[31m"))
	err := filepath.WalkDir(filepath.Join(data, "worm"), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".seg") {
			segment = path
		}
		return err
	})
	if err != nil || segment == "" {
		t.Fatalf("find segment: %q, %v", segment, err)
	}
	return data, []string{"--store", filepath.Join(data, "worm"), "--key", filepath.Join(data, "worm.pub")}, segment
}

func TestVerify(t *testing.T) {
	data, flags, segment := archived(t)
	verify := func(more ...string) outcome {
		return earwitness(t, append(append([]string{"verify"}, flags...), more...)...)
	}
	verify().want(t, 0, "holds: 2 records in 1 segment of 1 log", "without --checkpoint")

	kept := filepath.Join(data, "kept")
	verify("--save-checkpoints", kept).want(t, 0, "1 checkpoint written to "+kept)
	verify("--save-checkpoints", kept).want(t, 1, "write checkpoints: open "+kept+": file exists")
	against := verify("--checkpoint", kept)
	against.want(t, 0, "holds")
	if strings.Contains(against.out, "without --checkpoint") {
		t.Errorf("verify against a checkpoint prints %s", against.out)
	}

	whole, err := os.ReadFile(segment)
	if err != nil {
		t.Fatal(err)
	}
	changed := append([]byte(nil), whole...)
	changed[len(changed)/2] ^= 1
	if err := os.Remove(segment); err != nil {
		t.Fatal(err)
	}
	verify("--checkpoint", kept).want(t, 1, "TAMPERED", string(worm.FaultTail))
	if err := os.WriteFile(segment, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	tampered := verify()
	tampered.want(t, 1, "tampered: ", filepath.Base(segment), "TAMPERED")
	if tampered.err != "" {
		t.Errorf("a finding is printed as an error: %s", tampered.err)
	}
}

func TestVerifyThatCannotRead(t *testing.T) {
	data, flags, _ := archived(t)
	empty := filepath.Join(data, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--store", filepath.Join(data, "none"), "--key", flags[3]}, "open archive"},
		{[]string{"--store", flags[1], "--key", filepath.Join(data, "none")}, "is neither a verifier line nor a file"},
		{[]string{"--store", flags[1], "--key", filepath.Join(data, "worm.key")}, "this is a signing key"},
		{append(flags, "--checkpoint", filepath.Join(data, "none")), "read checkpoints"},
		{append(flags, "--checkpoint", empty), "is empty"},
		{append(flags, "--checkpoint", flags[3]), "checkpoint"},
		{flags[:2], "--key is missing: verifier line"},
		{flags[2:], "--store is missing: folder"},
	} {
		got := earwitness(t, append([]string{"verify"}, test.args...)...)
		got.want(t, 2, test.want)
		if got.out != "" {
			t.Errorf("%v prints %s", test.args, got.out)
		}
	}
}

func TestVerifyIsInterrupted(t *testing.T) {
	_, flags, _ := archived(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	earwitnessIn(ctx, append([]string{"verify"}, flags...)...).want(t, 1, "earwitness: interrupted: context canceled")
}

func TestProve(t *testing.T) {
	data, flags, segment := archived(t)
	proof, kept, key := filepath.Join(data, "proof.json"), filepath.Join(data, "kept"), flags[2:]
	prove := func(more ...string) outcome {
		return earwitness(t, append(append([]string{"prove"}, flags...), more...)...)
	}
	earwitness(t, append([]string{"verify", "--save-checkpoints", kept}, flags...)...).want(t, 0)
	place := []string{"--topic", "evidence", "--partition", "0", "--offset", "1"}
	prove(append(place, "--out", proof, "--since", kept)...).want(t, 0, "proof of offset 1 of")
	check := func(path string) outcome { return earwitness(t, append([]string{"prove", "check", path}, key...)...) }
	check(proof).want(t, 0, "partition 0, offset 1", `second line\x1b[31m`, filepath.Base(segment), "leaf      1 of 2", "has only grown")

	printed := prove(place...)
	printed.want(t, 0, worm.ProofFormat)
	bent := filepath.Join(data, "bent.json")
	if err := os.WriteFile(bent, []byte(strings.Replace(printed.out, `"index": 1`, `"index": 0`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	check(bent).want(t, 1, "the record is not in the tree")
	check(kept).want(t, 2, "read proof")
	prove(append(place, "--out", proof)...).want(t, 1, "file exists")
	prove("--topic", "evidence", "--partition", "0", "--offset", "2").want(t, 1, "record is not in the log")
	prove("--topic", "access", "--partition", "0", "--offset", "0").want(t, 1, "holds nothing of partition 0 of topic earwitness.access")
	prove("--topic", "evidence").want(t, 2, "--partition is missing")
	prove("chek").want(t, 2, `unknown command "chek"`)
}

func TestNotesInOneFile(t *testing.T) {
	notes := [][]byte{[]byte("a\n1\n\n— k x\n"), []byte("b\n2\n\n— k y\n— l z\n")}
	got := splitNotes(joinNotes(notes))
	if len(got) != 2 || string(got[0]) != string(notes[0]) || string(got[1]) != string(notes[1]) {
		t.Errorf("notes come back as %q", got)
	}
	if single := splitNotes(notes[1]); len(single) != 1 || string(single[0]) != string(notes[1]) {
		t.Errorf("one note comes back as %q", single)
	}
}
