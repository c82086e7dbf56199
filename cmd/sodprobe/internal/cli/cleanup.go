package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/reports/formats"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/scenarios/run"
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
	cmd.Flags().StringVar(&root, "trust-root", "", "file with the pinned root keys (default: "+run.PinnedRoot+")")
	return cmd
}

func (a *app) cleanup(ctx context.Context, dir, evidence, root string, f operatorFlags) error {
	if !run.HasJournal(dir) {
		return usagef("clean up %s: it holds no %s: %w", dir, journal.FileName, journal.ErrUnregistered)
	}
	done, err := run.Recover(ctx, run.Recovery{
		Program: a.program(), Dir: dir, Evidence: evidence, TrustRoot: root, Operator: a.operator(f),
	})
	switch {
	case err != nil:
		return err
	case done.Complete:
		return complete(dir)
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
func rewrite(dir string) (formats.Run, error) {
	if err := tidy(dir); err != nil {
		return formats.Run{}, err
	}
	return writeReports(dir)
}

// complete says that there is nothing to do, and writes what a killed process did not
// come to write any more.
func complete(dir string) error {
	for _, f := range formats.All() {
		if _, err := os.Lstat(filepath.Join(dir, f.File)); errors.Is(err, os.ErrNotExist) {
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
