package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"earwitness/pipeline/bus"
	"earwitness/sinks/worm"
)

type proveFlags struct {
	store, key     string
	topic, lineage string
	partition      int
	offset         int64
	since, out     string
}

func proveCommand() *cobra.Command {
	var flags proveFlags
	cmd := &cobra.Command{
		Use:     "prove --store DIR|s3://BUCKET/PREFIX --key VERIFIER|FILE --topic TOPIC --partition N --offset N",
		GroupID: groupProve,
		Short:   "Prove that a record was archived",
		Long: `Write a proof that the record at an offset of a topic was archived: the record
itself, its place in the tree, and the signed checkpoint that it leads to. The
proof is one small file; "earwitness prove check" checks it with nothing but
the verifier line, and so do other implementations of RFC 6962 proofs
(docs/formats/worm.md).

With --since, a checkpoint kept from before, the proof also shows that the log
has only grown since then.`,
		Example: `  earwitness prove --store earwitness-data/worm --key earwitness-data/worm.pub \
      --topic evidence --partition 3 --offset 1207 --out proof.json
  earwitness prove check proof.json --key earwitness-data/worm.pub`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needFlags(cmd, "store", "key", "topic", "partition", "offset"); err != nil {
				return err
			}
			return prove(cmd, &flags)
		},
	}
	set := cmd.Flags()
	set.StringVar(&flags.store, "store", "", "folder `DIR` of the archive, or s3://BUCKET/PREFIX")
	set.StringVar(&flags.key, "key", "", "verifier line, or `FILE` with the lines of all keys that ever signed")
	set.StringVar(&flags.topic, "topic", "", "`TOPIC` of the record: evidence, access or deadletter")
	set.StringVar(&flags.lineage, "lineage", "", "lineage `HEX` of the topic, where the archive holds several")
	set.IntVar(&flags.partition, "partition", 0, "partition `N` of the topic")
	set.Int64Var(&flags.offset, "offset", 0, "offset `N` of the record")
	set.StringVar(&flags.since, "since", "", "`FILE` of checkpoints kept elsewhere")
	set.StringVar(&flags.out, "out", "", "new `FILE` for the proof; none: standard output")
	cmd.AddCommand(proveCheckCommand())
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usageErrorf(cmd, "unknown command %q; is \"check\" meant?", args[0])
		}
		return nil
	}
	return cmd
}

func prove(cmd *cobra.Command, flags *proveFlags) error {
	store, known, err := openStore(cmd.Context(), flags.store, flags.key)
	if err != nil {
		return err
	}
	defer store.Close()
	reader, err := worm.NewReader(store, known)
	if err != nil {
		return err
	}
	log, err := flags.log(cmd, reader)
	if err != nil {
		return err
	}
	since, err := flags.older(log)
	if err != nil {
		return err
	}
	proof, err := reader.Prove(cmd.Context(), log, flags.offset, since)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(proof, "", "  ")
	if err != nil {
		return fmt.Errorf("write proof: %w", err)
	}
	text = append(text, '\n')
	if flags.out == "" {
		_, err = cmd.OutOrStdout().Write(text)
		return err
	}
	if err := writeNewFile(flags.out, text); err != nil {
		return fmt.Errorf("write proof: %w", err)
	}
	_, err = fmt.Fprintf(cmd.ErrOrStderr(), "proof of offset %d of %s written to %s\n", flags.offset, log, flags.out)
	return err
}

// log that the flags mean; the topic may stand without its first part.
func (f *proveFlags) log(cmd *cobra.Command, reader *worm.Reader) (worm.Log, error) {
	topic := f.topic
	for _, known := range bus.Topics() {
		if strings.HasSuffix(known, "."+topic) {
			topic = known
		}
	}
	logs, err := reader.Logs(cmd.Context())
	if err != nil {
		return worm.Log{}, err
	}
	var found []worm.Log
	var lineages []string
	for _, log := range logs {
		lineage := hex.EncodeToString(log.Lineage[:])
		if log.Topic == topic && log.Partition == f.partition && (f.lineage == "" || f.lineage == lineage) {
			found, lineages = append(found, log), append(lineages, lineage)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return worm.Log{}, fmt.Errorf("find log: archive %s holds nothing of partition %d of topic %s", f.store, f.partition, topic)
	}
	return worm.Log{}, usageErrorf(cmd, "the archive holds the topic in several lineages; choose one with --lineage: %s", strings.Join(lineages, ", "))
}

// older gives the kept checkpoint of a log.
func (f *proveFlags) older(log worm.Log) ([]byte, error) {
	if f.since == "" {
		return nil, nil
	}
	notes, err := readNotes(f.since)
	if err != nil {
		return nil, err
	}
	for _, note := range notes {
		if strings.HasPrefix(string(note), log.Origin()+"\n") {
			return note, nil
		}
	}
	return nil, fmt.Errorf("read checkpoints: %s has none of %s", f.since, log)
}
