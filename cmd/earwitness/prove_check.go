package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/worm"
)

// maxProof bounds a proof file: the longest record, and a little.
const maxProof = 32 << 20

func proveCheckCommand() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "check FILE --key VERIFIER|FILE",
		Short: "Check a proof with nothing but the verifier line",
		Long: `Check a proof that "earwitness prove" wrote, and show what it proves. It needs
the file and the verifier line, no archive. The exit code is 1 when the proof
does not hold.`,
		Example: "  earwitness prove check proof.json --key archive.pub",
		Args:    exactly(1, "the file with the proof"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := needFlags(cmd, "key"); err != nil {
				return err
			}
			return checkProof(cmd.OutOrStdout(), args[0], key)
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "verifier line, or `FILE` with the lines of all keys that ever signed")
	return cmd
}

func checkProof(out io.Writer, path, key string) error {
	known, err := worm.LoadVerifiers(key)
	if err != nil {
		return &ExitError{Code: exitUsage, Err: err}
	}
	proof, err := readProof(path)
	if err != nil {
		return &ExitError{Code: exitUsage, Err: err}
	}
	proven, err := worm.CheckProof(known, proof)
	if err != nil {
		return err
	}
	return printProven(out, proven)
}

func readProof(path string) (worm.Proof, error) {
	var proof worm.Proof
	f, err := os.Open(path)
	if err != nil {
		return proof, fmt.Errorf("read proof: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	if err := json.NewDecoder(io.LimitReader(f, maxProof)).Decode(&proof); err != nil {
		return proof, fmt.Errorf("read proof %s: %w", path, err)
	}
	return proof, nil
}

func printProven(out io.Writer, proven worm.Proven) error {
	log, record := proven.Checkpoint.Log, proven.Record
	rows := [][2]string{
		{"holds", "the record is in the archive that the key has signed"},
		{"topic", fmt.Sprintf("%s, partition %d, offset %d", log.Topic, log.Partition, record.Message.Offset)},
		{"lineage", hex.EncodeToString(log.Lineage[:])},
		{"segment", proven.Record.Object},
		{"leaf", fmt.Sprintf("%d of %d, root %s", record.Index, proven.Checkpoint.Size, hex.EncodeToString(proven.Checkpoint.Root[:]))},
	}
	if record.Gap != nil {
		rows = append(rows, [2]string{"gap", fmt.Sprintf("offsets %d to %d were lost: %s", record.Gap.First, record.Gap.Next-1, record.Gap.Reason)})
	} else {
		rows = append(rows, [2]string{"appended", stamp(record.Message.Time.UnixMilli())}, [2]string{"subject", string(record.Message.Key)})
		rows = append(rows, contents(log.Topic, record.Message)...)
	}
	if proven.Since != nil {
		rows = append(rows, [2]string{"since", fmt.Sprintf("the log has only grown since it had %d leaves", proven.Since.Size)})
	}
	return printRows(out, rows)
}

// contents shows what evidence says in its own bytes.
func contents(topic string, message bus.Message) [][2]string {
	var e evidence.Evidence
	if topic != bus.TopicEvidence || len(message.Key) == 0 || e.UnmarshalVT(message.Value) != nil {
		return nil
	}
	return [][2]string{
		{"evidence", hex.EncodeToString(e.Id)},
		{"from", place(e.Origin)},
		{"sha256", hex.EncodeToString(e.Origin.GetSha256())},
		{"raw", string(e.Raw)},
	}
}

// printRows writes names and values, whatever bytes these are.
func printRows(out io.Writer, rows [][2]string) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		if _, err := fmt.Fprintf(table, "%s\t%s\n", row[0], printable([]byte(row[1]))); err != nil {
			return err
		}
	}
	return table.Flush()
}
