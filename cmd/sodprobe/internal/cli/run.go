package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/scenarios/approval"
)

// runOptions are what run wants to know.
type runOptions struct {
	documentFlags
	connectFlags
	operatorFlags
	evidence string
	stopFile string
	out      output
}

// operatorFlags name who runs, and the key that says so.
type operatorFlags struct{ principal, key string }

func (f *operatorFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.principal, "operator", "", "your principal in allowed_signers ($SODPROBE_OPERATOR)")
	cmd.Flags().StringVar(&f.key, "operator-key", "", "your SSH key file; a public key stands for one in the agent ($SODPROBE_OPERATOR_KEY)")
}

// fill takes what the flags leave open from the environment.
func (a *app) fill(f *operatorFlags) error {
	if f.principal == "" {
		f.principal = a.env("SODPROBE_OPERATOR")
	}
	if f.key == "" {
		f.key = a.env("SODPROBE_OPERATOR_KEY")
	}
	if f.principal == "" || f.key == "" {
		return refusedf(
			"a run needs an operator who signs for it: give --operator PRINCIPAL and --operator-key FILE, or set SODPROBE_OPERATOR and SODPROBE_OPERATOR_KEY",
		)
	}
	return nil
}

func (a *app) runCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Run an approved scenario and record the evidence",
		Long: `run verifies the approval, registers the run in the evidence folder, checks
that every target is the approved one, makes the attempts, and writes the
report. Without a valid approval nothing is sent.

Exit codes: 0 all blocked, 2 usage or invalid scenario, 3 at least one
permitted, 4 inconclusive or not run, 5 not approved or refused,
130 interrupted, 1 internal error.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runScenario(cmd.Context(), args[0], o) },
	}
	o.documentFlags.add(cmd)
	o.connectFlags.add(cmd, a.systems)
	o.operatorFlags.add(cmd)
	cmd.Flags().StringVar(&o.evidence, "evidence", "evidence", "evidence root: one folder per run, and the ledger")
	cmd.Flags().StringVar(
		&o.stopFile,
		"stop-file",
		"",
		"stop admitting attempts as soon as this file exists (default: STOP in the evidence root)",
	)
	o.out.flag(cmd)
	return cmd
}

func (a *app) runScenario(ctx context.Context, path string, o runOptions) error {
	d, err := a.read(path)
	if err != nil {
		return err
	}
	e := &execution{app: a, doc: d, evidence: o.evidence, stopFile: o.stopFile, out: o.out}
	return e.guarded(func() error {
		if err := a.fill(&o.operatorFlags); err != nil {
			return err
		}
		if err := o.load(d); err != nil {
			return err
		}
		if d.trust.Policy.Lab {
			return refusedf("the policy of %s says lab: true: run accepts real policies only; lab evidence comes from sodprobe demo", d.trustDir)
		}
		e.operator = o.principal
		e.signer, e.key, err = a.operatorSigner(d.trust, o.operatorFlags)
		if err != nil {
			return err
		}
		e.connect = func(ctx context.Context, marker string) (*connection, error) {
			return a.connect(ctx, a.systems, a.machine(o.connectFlags, d), d.scenario, marker)
		}
		return e.run(ctx)
	})
}

// operatorSigner signs through ssh-keygen, so that agents and hardware keys
// work; a service that the policy lists signs in process.
func (a *app) operatorSigner(t *approval.Trust, f operatorFlags) (approval.Signer, publicKey, error) {
	if t.Policy.Service(f.principal) {
		return a.serviceSigner(f.key)
	}
	key, err := readPublicKey(f.key)
	if err != nil {
		return nil, nil, refusedf("read the operator's public key: %w", err)
	}
	return a.keygen(f.key), key, nil
}

// describeRun is the title of the progress view.
func (e *execution) title() string {
	m := e.doc.scenario.Metadata
	return fmt.Sprintf("%s, revision %d, run %s", m.ID, m.Revision, e.id)
}
