package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/scenarios"
)

// approveOptions are what approve wants to know.
type approveOptions struct {
	role, principal, key string
	yes                  bool
}

func (a *app) approveCommand() *cobra.Command {
	var o approveOptions
	cmd := &cobra.Command{
		Use:   "approve SCENARIO",
		Short: "Read what a scenario does, then sign it",
		Long: `approve prints the scenario in plain English, asks, and signs the file's exact
bytes through ssh-keygen, so that agents and hardware keys work. The signature
goes beside the scenario. Anyone can check it with ssh-keygen -Y verify.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.approve(cmd.Context(), args[0], o) },
	}
	cmd.Flags().StringVar(&o.role, "role", "approve", "author or approve")
	cmd.Flags().StringVar(&o.principal, "as", "", "your principal in allowed_signers")
	cmd.Flags().StringVar(&o.key, "key", "", "your SSH key file; a public key stands for one in the agent")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "do not ask: the text has been read")
	_ = cmd.MarkFlagRequired("as")  // fails only for a flag that does not exist
	_ = cmd.MarkFlagRequired("key") // as above
	return cmd
}

func (a *app) approve(ctx context.Context, path string, o approveOptions) error {
	if !slices.Contains([]string{"author", "approve"}, o.role) {
		return usagef("%q is not a role that signs a scenario: want author or approve", o.role)
	}
	if o.principal == "" || strings.ContainsAny(o.principal, "/\\\x00 ") {
		return usagef("%q cannot be a principal", o.principal)
	}
	d, err := a.read(path)
	if err != nil {
		return err
	}
	if err := a.explain(d); err != nil {
		return err
	}
	if !o.yes && !a.confirm(fmt.Sprintf("\nSign this as %s %s? Type yes: ", o.role, o.principal)) {
		return usagef("not signed")
	}
	armored, err := a.keygen(o.key).Sign(ctx, o.role+"@sodprobe", d.Data)
	if err != nil {
		return fmt.Errorf("sign %s: %w", path, err)
	}
	// The bytes that were signed must be the bytes that still stand there.
	if now, err := os.ReadFile(path); err != nil || scenarios.Digest(now) != scenarios.Digest(d.Data) { //nolint:gosec // as read above
		return usagef("%s changed while you were reading: nothing was written", path)
	}
	file := filepath.Join(path+".sigs", o.role+"."+o.principal+".sig")
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return fmt.Errorf("make the signatures folder: %w", err)
	}
	if err := os.WriteFile(file, armored, 0o600); err != nil {
		return fmt.Errorf("write the signature: %w", err)
	}
	_, err = fmt.Fprintf(a.stdout, "\nwrote %s\ncheck: ssh-keygen -Y verify -f trust/allowed_signers -I %s -n %s@sodprobe -s %s < %s\n",
		file, o.principal, o.role, file, path)
	return err
}

// confirm asks on stderr and reads one line.
func (a *app) confirm(question string) bool {
	_, _ = fmt.Fprint(a.stderr, question)
	answer, _ := bufio.NewReader(a.stdin).ReadString('\n') // no answer is a no
	return strings.TrimSpace(answer) == "yes"
}
