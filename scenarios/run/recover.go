package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/engine"
)

// Recovery is what the record of a killed run is closed with.
type Recovery struct {
	Program
	// Dir is the run's folder.
	Dir string
	// Evidence is a root whose ledger may know the run, besides the one that Dir lies
	// in; "" for none.
	Evidence  string
	TrustRoot string
	Operator  func(*approval.Trust) (Operator, error)
}

// Recovered is what became of a record.
type Recovered struct {
	journal.Recovered
	// Complete says that the record was whole already, and stayed as it was.
	Complete bool
}

// Recover accounts for every attempt of a run that did not reach its end, and closes
// the record. It sends nothing.
func Recover(ctx context.Context, cfg Recovery) (Recovered, error) {
	d, err := Packaged(cfg.Dir, scenarios.Options{Set: cfg.Catalog, Systems: cfg.Systems})
	if err != nil {
		return Recovered{}, err
	}
	if d.Root, err = Pinned(cfg.TrustRoot); err != nil {
		return Recovered{}, err
	}
	operator, err := cfg.Operator(d.Trust)
	if err != nil {
		return Recovered{}, err
	}
	books, err := cfg.ledgers(ctx)
	if err != nil {
		return Recovered{}, err
	}
	done, err := cfg.closes(ctx, d, operator, books)
	var known *Error
	switch {
	case errors.Is(err, journal.ErrEnded):
		return Recovered{done, true}, unclosed("record the run's end in the ledger", books.ended(ctx, done))
	case errors.Is(err, journal.ErrUnregistered):
		return Recovered{}, misused("clean up %s: %w", cfg.Dir, err)
	case errors.As(err, &known), refuses(err):
		return Recovered{}, err
	case errors.Is(err, journal.ErrBusy):
		return Recovered{}, refused("clean up %s: %w", cfg.Dir, err)
	case err != nil:
		return Recovered{}, unclosed("close the record of "+cfg.Dir, err)
	}
	return Recovered{Recovered: done}, unclosed("record the recovery in the ledger", books.recovered(ctx, done))
}

// unclosed is an error of the kind Unclosed, nil for none.
func unclosed(what string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Unclosed, fmt.Errorf("%s: %w", what, err)}
}

// closes writes what is missing of a record.
func (cfg Recovery) closes(ctx context.Context, d *Document, by Operator, books ledgers) (journal.Recovered, error) {
	plan, err := engine.NewPlan(d.Scenario, cfg.Catalog)
	if err != nil {
		return journal.Recovered{}, err
	}
	tool, err := cfg.Tool()
	if err != nil {
		return journal.Recovered{}, err
	}
	sealer, verifier, err := journal.NewRunKey(cfg.Rand, "sodprobe-recover")
	if err != nil {
		return journal.Recovered{}, fmt.Errorf("make the recovery's key: %w", err)
	}
	recovery := engine.NewRecovery(plan, cfg.Systems.Classifiers(), cfg.Systems.Oracles())
	return journal.Recover(ctx, cfg.Dir, journal.Recovery{
		Line: recovery.Line, Planned: recovery.Planned, Origin: d.Trust.Policy.Origin, Sealer: sealer, Now: cfg.Now,
		Permit: func(id string, lines int64) error { return books.permit(ctx, id, lines) },
		Record: journal.RunRecover{Tool: tool, RunKey: verifier, Operator: by.named(d.Trust)},
		Sign: func(line []byte) ([]byte, error) {
			signature, err := by.Signer.Sign(ctx, operate, line)
			if err != nil {
				return nil, err
			}
			// A record closed by somebody who may not would never verify.
			_, err = approval.VerifyOperator(d.Trust, line, signature, by.Principal, cfg.Now())
			return signature, err
		},
	})
}

// ledgers are those that may know a run: that of the folder it lies in, and one
// that the user names.
type ledgers []*journal.Ledger

// ledgers opens the ledgers that know of the runs beside a run's folder. Where
// there is none, nobody can say that the run began.
func (cfg Recovery) ledgers(ctx context.Context) (ledgers, error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, err
	}
	roots := []string{filepath.Dir(dir)}
	if cfg.Evidence != "" {
		given, err := filepath.Abs(cfg.Evidence)
		if err != nil {
			return nil, err
		}
		if given != roots[0] {
			roots = append(roots, given)
		}
	}
	var out ledgers
	for _, root := range roots {
		known, err := journal.ReadLedger(root)
		if err != nil {
			return nil, fmt.Errorf("read the ledger of %s: %w", root, err)
		}
		if known == nil {
			continue
		}
		l, err := journal.OpenLedger(ctx, root, cfg.Now)
		if err != nil {
			return nil, refused("open the ledger of %s: %w", root, err)
		}
		out = append(out, l)
	}
	if len(out) == 0 {
		return nil, refused("no ledger lies beside %s, so that nothing says that the run began: put it back into its evidence root", dir)
	}
	return out, nil
}

// registered is how many lines a journal has before the run's first request.
const registered = 2

// permit refuses to close a run that any ledger does not know as begun, or knows
// as ended: its record was whole then, and is not any more.
func (all ledgers) permit(ctx context.Context, id string, lines int64) error {
	for _, l := range all {
		switch known, err := l.Known(ctx, id); {
		case err != nil:
			return err
		case !known.Started && lines == registered: // it was killed before the ledger had it, and so before its first request
			return journal.ErrUnregistered
		case !known.Started:
			return refused("the ledger does not know that the run %s began: nothing is closed that was not begun", id)
		case known.Ended:
			return refused(
				"the ledger says that the run %s ended with %d lines under the root %s: what lies here was changed since, and is not closed again",
				id, known.Lines, known.Root,
			)
		}
	}
	return nil
}

// ended makes up for a ledger that the end did not reach any more.
func (all ledgers) ended(ctx context.Context, done journal.Recovered) error {
	for _, l := range all {
		known, err := l.Known(ctx, done.Run)
		if err == nil && known.Started && !known.Ended {
			err = l.Ended(ctx, done.Run, done.Size, done.Root, done.Status)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (all ledgers) recovered(ctx context.Context, done journal.Recovered) error {
	for _, l := range all {
		if err := l.Recovered(ctx, done.Run, done.Size, done.Root); err != nil {
			return err
		}
	}
	return nil
}

// HasJournal reports whether a folder holds the record of a run.
func HasJournal(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, journal.FileName))
	return !errors.Is(err, os.ErrNotExist)
}
