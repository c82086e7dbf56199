package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"github.com/sodprobe/sodprobe/probes/catalog"
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
		Long: `cleanup accounts for every attempt of a run that did not reach its end: an
attempt that was announced and has no answer becomes Inconclusive,
indeterminate; one that never began becomes NotRun. The operator signs for it.
Nothing is attempted again: attempts are harmless by construction, so there is
nothing to revert.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.cleanup(cmd.Context(), args[0], evidence, root, operator)
		},
	}
	operator.add(cmd)
	cmd.Flags().StringVar(&evidence, "evidence", "evidence", "evidence root with the ledger")
	cmd.Flags().StringVar(&root, "trust-root", "", "file with the pinned root keys (default: "+pinnedRoot+")")
	return cmd
}

func (a *app) cleanup(ctx context.Context, dir, evidence, root string, f operatorFlags) error {
	if err := a.fill(&f); err != nil {
		return err
	}
	p, err := openPackage(dir, root)
	if err != nil {
		return err
	}
	plan, err := engine.NewPlan(p.doc.scenario, catalog.All())
	if err != nil {
		return err
	}
	signer, key, err := a.operatorSigner(p.doc.trust, f)
	if err != nil {
		return err
	}
	sealer, verifier, err := journal.NewRunKey(a.rand, "sodprobe-recover")
	if err != nil {
		return fmt.Errorf("make the recovery's key: %w", err)
	}
	ledger, err := journal.OpenLedger(evidence, a.now)
	if err != nil {
		return fmt.Errorf("open the ledger of %s: %w", evidence, err)
	}
	done, err := journal.Recover(ctx, dir, journal.Recovery{
		Planned: planned(plan), Origin: p.doc.trust.Policy.Origin, Sealer: sealer, Now: a.now,
		Record: journal.RunRecover{
			RunKey: verifier,
			Operator: journal.Principal{
				Principal: f.principal, Person: p.doc.trust.Policy.Person(f.principal),
				KeyType: key.Type(), Fingerprint: ssh.FingerprintSHA256(key),
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
		return usagef("%s is complete: there is nothing to clean up", dir)
	case errors.Is(err, journal.ErrUnregistered):
		return usagef("clean up %s: %w", dir, err)
	case errors.Is(err, journal.ErrBusy):
		return refusedf("clean up %s: %w", dir, err)
	case err != nil:
		return &failure{exitCleanup, fmt.Errorf("close the record of %s: %w", dir, err)}
	}
	if err := ledger.Recovered(done.Run, done.Size, done.Root); err != nil {
		return &failure{exitCleanup, fmt.Errorf("record the recovery in the ledger: %w", err)}
	}
	r, err := writeReports(dir)
	if err != nil {
		return &failure{exitCleanup, err}
	}
	_, _ = fmt.Fprintf(a.stderr, "closed: %d attempts indeterminate, %d not run\n", done.Indeterminate, done.NotRun)
	return a.printReport(r, dir, "text")
}

// planned yields what the journal needs to know of a plan.
func planned(p *engine.Plan) func(marker string) iter.Seq[journal.Observation] {
	return func(marker string) iter.Seq[journal.Observation] {
		return func(yield func(journal.Observation) bool) {
			for x := range p.All() {
				if !yield(engine.Unobserved(x, marker)) {
					return
				}
			}
		}
	}
}
