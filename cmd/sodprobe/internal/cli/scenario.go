package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/run"
)

func (a *app) scenarioCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "scenario", Short: "Check, explain and digest a scenario", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.lintCommand(), a.explainCommand(), a.digestCommand(), a.schemaCommand())
	return cmd
}

func (a *app) lintCommand() *cobra.Command {
	var trust string
	cmd := &cobra.Command{
		Use:   "lint SCENARIO",
		Short: "Check a scenario: every mistake at once, with line and column",
		Long: `lint checks everything that can be checked without a network. Where a trust
folder stands beside the scenario, its policy's limits are checked as well.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.lint(args[0], trust) },
	}
	cmd.Flags().StringVar(&trust, "trust", "", "trust folder (default: trust, beside the scenario)")
	return cmd
}

func (a *app) lint(path, trustDir string) error {
	data, err := os.ReadFile(path) //nolint:gosec // the user names the scenario
	if err != nil {
		return usagef("read the scenario: %w", err)
	}
	o := a.options()
	asked := trustDir != ""
	if !asked {
		trustDir = filepath.Join(filepath.Dir(path), "trust")
	}
	_, missing := os.Stat(trustDir)
	if asked || missing == nil {
		policy, err := approval.LoadPolicy(os.DirFS(trustDir))
		if err != nil {
			return usagef("load the trust folder %s: %w", trustDir, err)
		}
		o.MaxWindow, o.Ticket = policy.MaxWindow, policy.Ticket
	}
	s, err := scenarios.Load(path, data, o)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s is well formed: %s revision %d, %s\n", path, s.Metadata.ID, s.Metadata.Revision, scenarios.Digest(data))
	return err
}

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain SCENARIO",
		Short: "Print the scenario in plain English, for an approver",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := a.read(args[0])
			if err != nil {
				return err
			}
			return a.explain(d)
		},
	}
}

// explain prints what an approver agrees to, and the digest of the bytes.
func (a *app) explain(d *run.Document) error {
	if err := scenarios.Explain(a.stdout, d.Scenario, a.catalog); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "\nThis text describes %s\n%s\n", d.Path, scenarios.Digest(d.Data))
	return err
}

func (a *app) digestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "digest SCENARIO",
		Short: "Print the SHA-256 of the scenario's exact bytes",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return usagef("read the scenario: %w", err)
			}
			_, err = fmt.Fprintln(a.stdout, scenarios.Digest(data))
			return err
		},
	}
}

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of scenarios, for editors",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			schema, err := scenarios.Schema(a.systems)
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(schema)
			return err
		},
	}
}

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a commented scenario and a trust folder to start from",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return a.initialize(dir)
		},
	}
}

// initialize writes the starting files, and never over a file that is there.
func (a *app) initialize(dir string) error {
	files := map[string][]byte{"scenario.yaml": scenarios.Template("my-first-scenario", a.now())}
	trust, err := approval.Template()
	if err != nil {
		return err
	}
	for name, data := range trust {
		files[filepath.Join("trust", name)] = data
	}
	for _, name := range sortedKeys(files) {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			return usagef("%s is already there: nothing was written; choose an empty folder", filepath.Join(dir, name))
		}
	}
	for _, name := range sortedKeys(files) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return fmt.Errorf("make the folder: %w", err)
		}
		if err := os.WriteFile(path, files[name], 0o600); err != nil {
			return fmt.Errorf("write a starting file: %w", err)
		}
		if _, err := fmt.Fprintln(a.stdout, "wrote", path); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(
		a.stdout,
		"\nNext: edit scenario.yaml and trust/, then: sodprobe scenario lint %s\n",
		filepath.Join(dir, "scenario.yaml"),
	)
	return err
}
