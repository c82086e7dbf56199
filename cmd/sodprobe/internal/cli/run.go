package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/scenarios/run"
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
	return a.execute(ctx, run.Config{
		Program: a.program(), Document: d, Trust: o.trust, TrustRoot: o.trustRoot, Machine: a.machine(o.connectFlags, d),
		Operator: a.operator(o.operatorFlags), Evidence: o.evidence, StopFile: o.stopFile,
	}, o.out)
}

// program is what runs get of this one.
func (a *app) program() run.Program {
	return run.Program{
		Tool: a.tool, Version: version, Systems: a.systems, Catalog: a.catalog, Env: a.env, Hidden: a.hidden, Now: a.now, Rand: a.rand,
	}
}

// execute runs, writes the reports and prints one. The exit code tells the verdict.
func (a *app) execute(ctx context.Context, cfg run.Config, out output) error {
	cfg.Watch = func(title string, planned int64) (func(engine.Event), func()) {
		view := a.progress(planned, title)
		return view.Tell, view.Close
	}
	done, err := run.Run(ctx, cfg)
	if err != nil {
		return err
	}
	r, err := writeReports(done.Dir)
	if err != nil {
		return err
	}
	if err := a.printReport(r, done.Dir, out); err != nil {
		return err
	}
	for _, pin := range done.Refused {
		_, _ = fmt.Fprintf(a.stderr, "sodprobe: refused: target %s is not the approved one: %s\n", pin.Target, printable(pin.Problem))
	}
	if code := runCode(done.Result); code != exitOK {
		return &failure{code, nil}
	}
	return nil
}

// runCode is the exit code of a run that was recorded to its end.
func runCode(r engine.Result) int {
	var codes []int
	if r.Tally.Permitted > 0 {
		codes = append(codes, exitPermitted)
	}
	if r.Stopped == journal.StopInterrupted {
		codes = append(codes, exitInterrupted)
	}
	if len(r.Refused) > 0 {
		codes = append(codes, exitRefused)
	}
	if r.Tally.Inconclusive > 0 || r.Tally.NotRun > 0 || r.Tally.Len() == 0 {
		codes = append(codes, exitInconclusive)
	}
	return worst(codes...)
}

// operator finds who runs, and how they sign, once the trust folder is read.
func (a *app) operator(f operatorFlags) func(*approval.Trust) (run.Operator, error) {
	return func(t *approval.Trust) (run.Operator, error) {
		if err := a.fill(&f); err != nil {
			return run.Operator{}, err
		}
		signer, key, err := a.operatorSigner(t, f)
		return run.Operator{Principal: f.principal, Signer: signer, Key: key}, err
	}
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
