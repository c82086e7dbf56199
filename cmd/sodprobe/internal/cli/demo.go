package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/cmd/sodprobe/internal/demo"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/run"
	"github.com/sodprobe/sodprobe/targets"
)

func (a *app) demoCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run the whole job on simulated systems inside this program",
		Long:  demo.About,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), dir) },
	}
	cmd.Flags().StringVar(&dir, "out", "sodprobe-demo", "folder to write into; an earlier demo's folder is replaced")
	return cmd
}

func (a *app) demo(ctx context.Context, dir string) error {
	d, err := demo.Prepare(ctx, dir, a.catalog, a.now, a.rand)
	if err != nil {
		return err
	}
	defer d.Close()
	_, _ = fmt.Fprintf(a.stderr, "%s, and %s is written and signed by throwaway keys.\n\n", d.Greeting(), d.Scenario)
	result := a.runDemo(ctx, d, d.Systems(), d.Machine())
	if code := exitCode(result); code != exitOK && code != exitPermitted {
		return result
	}
	return a.demoNext(dir)
}

// runDemo goes the way of every run, with keys that sign in process.
func (a *app) runDemo(ctx context.Context, d *demo.Demo, systems targets.Systems, from targets.Machine) error {
	doc, err := a.read(d.Scenario)
	if err != nil {
		return err
	}
	program := a.program()
	program.Systems = systems
	return a.execute(ctx, run.Config{
		Program: program, Document: doc, TrustRoot: d.TrustRoot, Lab: true, Machine: from, Evidence: d.Evidence,
		Operator: func(*approval.Trust) (run.Operator, error) { return d.Operator, nil },
	}, "text")
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
