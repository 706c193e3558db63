package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"earwitness/sinks/worm"
)

func keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "keys",
		GroupID: groupProve,
		Short:   "Make the key that signs the archive",
		Long: `Make the key that signs the archive. Whoever has it can write an archive that
verifies, so it should not lie where the archive lies; and whoever gives you
the verifier line tells you which archive to believe, so keep that elsewhere.`,
		Example: "  earwitness keys init --out /etc/earwitness/signing.key",
	}
	cmd.AddCommand(keysInitCommand())
	return branch(cmd)
}

func keysInitCommand() *cobra.Command {
	var out, name string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make a signing key and print its verifier line",
		Long: `Make a signing key (Ed25519), apart from the archive, and print its verifier
line. The key is written to --out, readable by its owner alone, the verifier
line also beside it, with the ending .pub. Nothing is overwritten.`,
		Example: `  # then, in the configuration: worm: {key: "file:/etc/earwitness/signing.key"}
  earwitness keys init --out /etc/earwitness/signing.key --name archive.acme`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return makeKey(cmd, out, name) },
	}
	cmd.Flags().StringVar(&out, "out", "earwitness.key", "new `FILE` for the key")
	cmd.Flags().StringVar(&name, "name", "earwitness", "`NAME` of the key, which stands in every signature")
	return cmd
}

func makeKey(cmd *cobra.Command, out, name string) error {
	verifier := strings.TrimSuffix(out, ".key") + ".pub"
	for _, path := range []string{out, verifier} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("write signing key: %s is there already, and keys are not overwritten: what they signed could not be gone on with; name another file with --out", path)
		}
	}
	key, err := worm.GenerateKey(name)
	if err != nil {
		return &ExitError{Code: exitUsage, Err: err}
	}
	if err := key.Save(out, verifier); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), key.Line); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.ErrOrStderr(), "The signing key is in %s: keep it secret, and away from the archive.\n"+
		"The verifier line above is also in %s: keep it away from both. Whoever has it can check the archive.\n", out, verifier)
	return err
}
