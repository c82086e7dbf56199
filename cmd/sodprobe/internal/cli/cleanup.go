package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/engine"
)

func (a *app) cleanupCommand() *cobra.Command {
	var operator operatorFlags
	var evidence, root string
	cmd := &cobra.Command{
		Use:   "cleanup DIR",
		Short: "Close the record of a run that crashed; sends nothing",
		Long: `cleanup accounts for every attempt of a run that did not reach its end. What
the record has of an attempt stands: one that got through stays Permitted. An
attempt that was announced and has no answer becomes Inconclusive,
indeterminate; one that never began becomes NotRun. The operator signs for it.
Nothing is attempted again: attempts are harmless by construction, so there is
nothing to revert. A run that the ledger knows as ended, or does not know as
begun, is refused. The exit codes are those of run.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.cleanup(cmd.Context(), args[0], evidence, root, operator)
		},
	}
	operator.add(cmd)
	cmd.Flags().StringVar(&evidence, "evidence", "", "evidence root with the ledger (default: the folder that DIR lies in)")
	cmd.Flags().StringVar(&root, "trust-root", "", "file with the pinned root keys (default: "+pinnedRoot+")")
	return cmd
}

func (a *app) cleanup(ctx context.Context, dir, evidence, root string, f operatorFlags) error {
	if err := a.fill(&f); err != nil {
		return err
	}
	if _, err := os.Lstat(filepath.Join(dir, journal.FileName)); errors.Is(err, os.ErrNotExist) {
		return usagef("clean up %s: it holds no %s: %w", dir, journal.FileName, journal.ErrUnregistered)
	}
	p, err := a.openPackage(dir, root)
	if err != nil {
		return err
	}
	plan, err := engine.NewPlan(p.doc.scenario, a.catalog)
	if err != nil {
		return err
	}
	signer, key, err := a.operatorSigner(p.doc.trust, f)
	if err != nil {
		return err
	}
	kind, print := approval.Names(key)
	tool, err := a.tool()
	if err != nil {
		return err
	}
	sealer, verifier, err := journal.NewRunKey(a.rand, "sodprobe-recover")
	if err != nil {
		return fmt.Errorf("make the recovery's key: %w", err)
	}
	books, err := a.ledgersOf(dir, evidence)
	if err != nil {
		return err
	}
	recovery := engine.NewRecovery(plan, a.systems.Classifiers(), a.systems.Oracles())
	done, err := journal.Recover(ctx, dir, journal.Recovery{
		Line: recovery.Line, Planned: recovery.Planned, Permit: books.permit, Origin: p.doc.trust.Policy.Origin, Sealer: sealer, Now: a.now,
		Record: journal.RunRecover{
			Tool: tool, RunKey: verifier,
			Operator: journal.Principal{
				Principal: f.principal, Person: p.doc.trust.Policy.Person(f.principal),
				KeyType: kind, Fingerprint: print,
			},
		},
		Sign: func(line []byte) ([]byte, error) {
			signature, err := signer.Sign(ctx, operate, line)
			if err != nil {
				return nil, err
			}
			// A record closed by somebody who may not would never verify.
			_, err = approval.VerifyOperator(p.doc.trust, line, signature, f.principal, a.now())
			return signature, err
		},
	})
	switch {
	case errors.Is(err, journal.ErrEnded):
		return books.complete(dir, done)
	case errors.Is(err, journal.ErrUnregistered):
		return usagef("clean up %s: %w", dir, err)
	case exitCode(err) == exitRefused:
		return err
	case errors.Is(err, journal.ErrBusy):
		return refusedf("clean up %s: %w", dir, err)
	case err != nil:
		return &failure{exitCleanup, fmt.Errorf("close the record of %s: %w", dir, err)}
	}
	for _, l := range books {
		if err := l.Recovered(done.Run, done.Size, done.Root); err != nil {
			return &failure{exitCleanup, fmt.Errorf("record the recovery in the ledger: %w", err)}
		}
	}
	r, err := rewrite(dir)
	if err != nil {
		return &failure{exitCleanup, err}
	}
	_, _ = fmt.Fprintf(a.stderr, "closed: %d attempts indeterminate, %d not run\n", done.Indeterminate, done.NotRun)
	if err := a.printReport(r, dir, "text"); err != nil {
		return err
	}
	if code := runCode(engine.Result{Tally: done.Tally}); code != exitOK {
		return &failure{code, nil}
	}
	return nil
}

// rewrite removes what was half written, and writes the reports.
func rewrite(dir string) (*reports.Report, error) {
	if err := tidy(dir); err != nil {
		return nil, err
	}
	return writeReports(dir)
}

// ledgers are those that may know a run: that of the folder it lies in, and one
// that the user names.
type ledgers []*journal.Ledger

// ledgersOf opens the ledgers that know of the runs beside a run's folder. Where
// there is none, nobody can say that the run began.
func (a *app) ledgersOf(dir, evidence string) (ledgers, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	var out ledgers
	roots := []string{filepath.Dir(dir)}
	if evidence != "" {
		given, err := filepath.Abs(evidence)
		if err != nil {
			return nil, err
		}
		if given != roots[0] {
			roots = append(roots, given)
		}
	}
	for _, root := range roots {
		known, err := journal.ReadLedger(root)
		if err != nil {
			return nil, fmt.Errorf("read the ledger of %s: %w", root, err)
		}
		if known == nil {
			continue
		}
		l, err := journal.OpenLedger(root, a.now)
		if err != nil {
			return nil, refusedf("open the ledger of %s: %w", root, err)
		}
		out = append(out, l)
	}
	if len(out) == 0 {
		return nil, refusedf("no ledger lies beside %s, so that nothing says that the run began: put it back into its evidence root", dir)
	}
	return out, nil
}

// registered is how many lines a journal has before the run's first request.
const registered = 2

// permit refuses to close a run that any ledger does not know as begun, or knows
// as ended: its record was whole then, and is not any more.
func (all ledgers) permit(run string, lines int64) error {
	for _, l := range all {
		switch known, err := l.Known(run); {
		case err != nil:
			return err
		case !known.Started && lines == registered: // it was killed before the ledger had it, and so before its first request
			return journal.ErrUnregistered
		case !known.Started:
			return refusedf("the ledger does not know that the run %s began: nothing is closed that was not begun", run)
		case known.Ended:
			return refusedf(
				"the ledger says that the run %s ended with %d lines under the root %s: what lies here was changed since, and is not closed again",
				run, known.Lines, known.Root,
			)
		}
	}
	return nil
}

// complete says that there is nothing to do, and makes up for a ledger that the
// end did not reach any more.
func (all ledgers) complete(dir string, done journal.Recovered) error {
	for _, l := range all {
		known, err := l.Known(done.Run)
		if err == nil && known.Started && !known.Ended {
			err = l.Ended(done.Run, done.Size, done.Root, done.Status)
		}
		if err != nil {
			return &failure{exitCleanup, fmt.Errorf("record the run's end in the ledger: %w", err)}
		}
	}
	for name := range renderers() { // it may have been killed while it wrote them
		if _, err := os.Lstat(filepath.Join(dir, name)); errors.Is(err, os.ErrNotExist) {
			if _, err := rewrite(dir); err != nil {
				return &failure{exitCleanup, err}
			}
		}
	}
	if err := tidy(dir); err != nil {
		return &failure{exitCleanup, err}
	}
	return usagef("%s is complete: there is nothing to clean up", dir)
}
