package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"earwitness/sinks/worm"
)

// verify gives the codes of the command a meaning of their own.
const (
	verifyTampered = 1
	verifyUnread   = 2
)

type verifyFlags struct {
	store, key  string
	checkpoints []string
	save        string
}

func verifyCommand() *cobra.Command {
	var flags verifyFlags
	cmd := &cobra.Command{
		Use:     "verify --store DIR|s3://BUCKET/PREFIX --key VERIFIER|FILE",
		GroupID: groupProve,
		Short:   "Check that the archive is as it was written",
		Long: `Check that the archive is as it was written: every signature, every chain and
every record. It needs the store and the verifier line, and nothing that is
running. What was changed is named by segment and record.

A removed tail, or a store put back to an earlier day, can only be noticed
against checkpoints that were kept elsewhere: --save-checkpoints writes them,
--checkpoint holds the store against them.

Exit codes: 0 it holds, 1 it was tampered with, 2 it could not be read, or
wrong usage.`,
		Example: `  earwitness verify --store earwitness-data/worm --key earwitness-data/worm.pub

  # keep the state of today, and hold the store of tomorrow against it
  earwitness verify --store archive --key archive.pub --save-checkpoints monday
  earwitness verify --store archive --key archive.pub --checkpoint monday

  # in S3, with the credentials that the AWS tools find
  earwitness verify --store s3://trail/archive --key archive.pub`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needFlags(cmd, "store", "key"); err != nil {
				return err
			}
			return verifyStore(cmd, &flags)
		},
	}
	set := cmd.Flags()
	set.StringVar(&flags.store, "store", "", "folder `DIR` of the archive, or s3://BUCKET/PREFIX")
	set.StringVar(&flags.key, "key", "", "verifier line, or `FILE` with the lines of all keys that ever signed")
	set.StringArrayVar(&flags.checkpoints, "checkpoint", nil, "`FILE` of checkpoints kept elsewhere (repeatable)")
	set.StringVar(&flags.save, "save-checkpoints", "", "when all holds, write the latest checkpoints to a new `FILE`")
	return cmd
}

func verifyStore(cmd *cobra.Command, flags *verifyFlags) error {
	unread := func(err error) error { return &ExitError{Code: verifyUnread, Err: err} }
	store, known, err := openStore(cmd.Context(), flags.store, flags.key)
	if err != nil {
		return unread(err)
	}
	defer store.Close()
	var options worm.VerifyOptions
	for _, path := range flags.checkpoints {
		notes, err := readNotes(path)
		if err != nil {
			return unread(err)
		}
		options.Checkpoints = append(options.Checkpoints, notes...)
	}
	done := func() {}
	if errOut := cmd.ErrOrStderr(); width(errOut) > 0 {
		options.Progress, done = progress(errOut)
	}
	report, err := worm.Verify(cmd.Context(), store, known, options)
	done()
	if err != nil {
		if cmd.Context().Err() != nil {
			return err
		}
		return unread(err)
	}
	if err := printReport(cmd.OutOrStdout(), report, len(options.Checkpoints)); err != nil {
		return err
	}
	switch {
	case report.Tampered():
		return &ExitError{Code: verifyTampered}
	case !report.Holds():
		return &ExitError{Code: verifyUnread}
	case flags.save == "":
		return nil
	}
	return saveHeads(cmd, store, known, flags.save)
}

func progress(out io.Writer) (step func(done, total int64), end func()) {
	bar := progressbar.NewOptions64(1, progressbar.OptionSetWriter(out), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription("checking"), progressbar.OptionClearOnFinish())
	step = func(done, total int64) {
		bar.ChangeMax64(max(total, 1))
		_ = bar.Set64(done) // it only draws
	}
	return step, func() { _ = bar.Finish() }
}

func printReport(out io.Writer, report worm.Report, kept int) error {
	var b bytes.Buffer
	for _, finding := range report.Findings {
		fmt.Fprintf(&b, "tampered: %s\n", printable([]byte(finding.String())))
	}
	for _, unread := range report.Unread {
		fmt.Fprintf(&b, "not read: %s\n", printable([]byte(unread.Error())))
	}
	var segments int
	var records uint64
	var size int64
	for _, log := range report.Logs {
		segments, records, size = segments+log.Segments, records+log.Records, size+log.Bytes
		for _, gap := range log.Gaps {
			fmt.Fprintf(&b, "gap: %s: offsets %d to %d were lost before they could be archived, accepted %s: %s\n",
				log.Log, gap.First, gap.Next-1, gap.Accepted.UTC().Format("2006-01-02 15:04:05"), printable([]byte(gap.Reason)))
		}
	}
	verdict := "holds"
	if report.Tampered() {
		verdict = "TAMPERED"
	} else if !report.Holds() {
		verdict = "NOT READ"
	}
	fmt.Fprintf(&b, "%s: %s in %s of %s, %s\n", verdict, count(records, "record"), count(uint64(segments), "segment"),
		count(uint64(len(report.Logs)), "log"), humanize.IBytes(uint64(max(size, 0))))
	if report.Holds() && kept == 0 {
		fmt.Fprintln(&b, "(without --checkpoint a removed tail cannot be noticed)")
	}
	_, err := out.Write(b.Bytes())
	return err
}

func count(n uint64, what string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(what, "s"):
		what += "es"
	case strings.HasSuffix(what, "y"):
		what = what[:len(what)-1] + "ies"
	default:
		what += "s"
	}
	return humanize.Comma(int64(min(n, 1<<62))) + " " + what
}

func saveHeads(cmd *cobra.Command, store worm.Store, known note.Verifiers, path string) error {
	heads, err := worm.Heads(cmd.Context(), store, known)
	if err != nil {
		return fmt.Errorf("read checkpoints: %w", err)
	}
	var notes [][]byte
	for _, head := range heads {
		notes = append(notes, head.Note)
	}
	if err := writeNewFile(path, joinNotes(notes)); err != nil {
		return fmt.Errorf("write checkpoints: %w", err)
	}
	_, err = fmt.Fprintf(cmd.ErrOrStderr(), "%s written to %s; keep them away from the store\n",
		count(uint64(len(heads)), "checkpoint"), path)
	return err
}

// writeNewFile overwrites nothing.
func writeNewFile(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
