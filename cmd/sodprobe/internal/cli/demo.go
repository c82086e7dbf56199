package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
)

func (a *app) demoCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run the whole job on simulated systems inside this program",
		Long: `demo starts a simulated cluster, a simulated GitLab and a simulated AWS account,
writes a scenario, signs it with throwaway keys, runs it, finds the gap that is
planted there, and writes everything into a folder. It needs no cluster and no
network; where git is not installed it leaves GitLab out. Lab evidence proves nothing about a real system,
and says so on every page.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), dir) },
	}
	cmd.Flags().StringVar(&dir, "out", "sodprobe-demo", "folder to write into; an earlier demo's folder is replaced")
	return cmd
}

// demoMark stands in a demo's folder, so that a later demo replaces that
// folder and never another.
const demoMark = ".sodprobe-demo"

func (a *app) demo(ctx context.Context, dir string) error {
	if err := emptyDemo(dir); err != nil {
		return err
	}
	systems, err := a.startLab()
	if err != nil {
		return err
	}
	defer systems.Close()
	people, err := newDemoPeople(a.rand)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "scenario.yaml")
	if err := people.writeScenario(ctx, path, demoScenario(systems, a.now())); err != nil {
		return err
	}
	if err := people.writeTrust(ctx, dir, a.now()); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(a.stderr, "%s, and %s is written and signed by throwaway keys.\n\n", systems.greeting(), path)
	result := a.demoRun(ctx, path, dir, systems, people)
	if code := exitCode(result); code != exitOK && code != exitPermitted {
		return result
	}
	return a.demoNext(dir)
}

// emptyDemo makes the folder, and clears what an earlier demo left there.
func emptyDemo(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return usagef("use %s for the demo: %w", dir, err)
	}
	if len(entries) > 0 {
		if _, err := os.Lstat(filepath.Join(dir, demoMark)); err != nil {
			return usagef("%s holds something that no demo wrote: choose another folder with --out", dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("clear the earlier demo: %w", err)
		}
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return usagef("make the demo's folder: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, demoMark), nil, 0o600)
}

// demoRun goes the way of every run, with keys that sign in process.
func (a *app) demoRun(ctx context.Context, path, dir string, lab *demoLab, people *demoPeople) error {
	d, err := a.read(path)
	if err != nil {
		return err
	}
	if err := (documentFlags{trustRoot: filepath.Join(dir, "trust_root")}).load(d); err != nil {
		return err
	}
	e := &execution{
		app: a, doc: d, evidence: filepath.Join(dir, "evidence"), lab: true,
		operator: people.operator.principal, signer: people.operator.signer, key: people.operator.key,
		connect: func(ctx context.Context, marker string) (*connection, error) {
			return a.connect(ctx, lab.systems(), lab.machine(), d.scenario, marker)
		},
	}
	e.out = "text"
	return e.guarded(func() error { return e.run(ctx) })
}

// demoNext says what to do with what was written.
func (a *app) demoNext(dir string) error {
	_, err := fmt.Fprintf(a.stdout, `
What to do next
  read the report     open %[1]s/evidence/*/report.html
  check the evidence  sodprobe verify --trust-root %[1]s/trust_root %[1]s/evidence/*/
  read the scenario   sodprobe scenario explain %[1]s/scenario.yaml
  start your own      sodprobe init sod
`, dir)
	return err
}

// demoWindow is how long the demo's approval lasts.
const demoWindow = 24 * time.Hour
