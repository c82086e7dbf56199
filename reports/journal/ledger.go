package journal

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/mod/sumdb/tlog"
)

// LedgerName is the ledger's name inside an evidence root.
const LedgerName = "ledger.jsonl"

// ErrRollback says that a newer trust folder was seen before, or another of the
// same version.
var ErrRollback = errors.New("another trust folder was seen before")

// LedgerEntry is one line of the ledger. Prev chains it to the line before,
// so that a copy of the last line, kept elsewhere, shows every later change.
type LedgerEntry struct {
	T    time.Time `json:"t"`
	Type string    `json:"type"` // run.started, run.ended, run.refused, run.recovered
	Run  string    `json:"run"`
	// Prev is the SHA-256, in hex, of the line before; of nothing for the first.
	Prev     string   `json:"prev_sha256"`
	Scenario string   `json:"scenario,omitempty"` // sha256:…
	Trust    int      `json:"trust_version,omitempty"`
	TrustSum string   `json:"trust_sha256,omitempty"` // of the folder's MANIFEST, in hex
	Lines    int64    `json:"lines,omitempty"`
	Root     string   `json:"root,omitempty"` // base64, as in the checkpoint
	Status   Status   `json:"status,omitempty"`
	Reasons  []string `json:"reasons,omitempty"`
	// TornBytes is the length of a piece of a line that was cut before this
	// one: its writer was killed, and went no further.
	TornBytes int `json:"torn_bytes,omitempty"`
}

// Ledger is the evidence root's record of every run. A file lock makes it
// safe for several processes.
type Ledger struct {
	path string
	now  func() time.Time
}

// OpenLedger opens the ledger of an evidence root, which it makes if it is
// not there, and checks the chain of its lines.
func OpenLedger(ctx context.Context, root string, now func() time.Time) (*Ledger, error) {
	if err := os.MkdirAll(root, 0o750); err != nil {
		return nil, err
	}
	l := &Ledger{path: filepath.Join(root, LedgerName), now: now}
	return l, l.locked(ctx, func(f *os.File) error {
		_, err := readLedger(f, func(LedgerEntry) {})
		return err
	})
}

// Started records a run before its first request.
func (l *Ledger) Started(ctx context.Context, run, scenario string, trust int, trustSum string) error {
	return l.append(ctx, LedgerEntry{Type: "run.started", Run: run, Scenario: scenario, Trust: trust, TrustSum: trustSum})
}

// Ended records the journal's root at a run's end.
func (l *Ledger) Ended(ctx context.Context, run string, lines int64, root tlog.Hash, status Status) error {
	return l.append(ctx, LedgerEntry{Type: "run.ended", Run: run, Lines: lines, Root: root.String(), Status: status})
}

// Refused records why a run did not begin.
func (l *Ledger) Refused(ctx context.Context, run, scenario string, reasons []string) error {
	return l.append(ctx, LedgerEntry{Type: "run.refused", Run: run, Scenario: scenario, Reasons: reasons})
}

// Recovered records that a crashed run was closed.
func (l *Ledger) Recovered(ctx context.Context, run string, lines int64, root tlog.Hash) error {
	return l.append(ctx, LedgerEntry{Type: "run.recovered", Run: run, Lines: lines, Root: root.String()})
}

// Trust compares a trust folder's version, and its content, with those that runs
// used. It returns ErrRollback for an older version, and for one that had another
// content.
func (l *Ledger) Trust(ctx context.Context, version int, sum string) error {
	highest, other := 0, ""
	if err := l.each(ctx, func(e LedgerEntry) {
		highest = max(highest, e.Trust)
		if e.Trust == version && e.TrustSum != "" && e.TrustSum != sum {
			other = e.TrustSum
		}
	}); err != nil {
		return err
	}
	switch {
	case version < highest:
		return fmt.Errorf("%w: this is version %d, and version %d was used already", ErrRollback, version, highest)
	case other != "":
		return fmt.Errorf("%w: version %d was sha256:%s, and is sha256:%s: raise the version with every change", ErrRollback, version, other, sum)
	}
	return nil
}

// Known is what a ledger knows of one run.
type Known struct {
	Scenario string // sha256:…
	// Started and Ended say that it did; Ended, too, that its record was closed
	// after a crash.
	Started, Ended bool
	// Trust is the SHA-256 of the trust folder, in hex.
	Trust string
	// Lines and Root are the journal's, where the run ended.
	Lines int64
	Root  string
}

// Known says what the ledger knows of a run.
func (l *Ledger) Known(ctx context.Context, run string) (Known, error) {
	var k Known
	err := l.each(ctx, func(e LedgerEntry) {
		if e.Run != run {
			return
		}
		switch e.Type {
		case "run.started":
			k.Started, k.Scenario, k.Trust = true, e.Scenario, e.TrustSum
		case "run.ended", "run.recovered":
			k.Ended, k.Lines, k.Root = true, e.Lines, e.Root
		}
	})
	return k, err
}

// ReadLedger opens the ledger of an evidence root to read it, nil where there is
// none.
func ReadLedger(root string) (*Ledger, error) {
	path := filepath.Join(root, LedgerName)
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		return nil, nil //nolint:nilnil // no ledger is no mistake
	} else if err != nil {
		return nil, err
	}
	return &Ledger{path: path}, nil
}

// Runs counts how often a scenario's exact bytes were run.
func (l *Ledger) Runs(ctx context.Context, scenario string) (int, error) {
	n := 0
	err := l.each(ctx, func(e LedgerEntry) {
		if e.Type == "run.started" && e.Scenario == scenario {
			n++
		}
	})
	return n, err
}

func (l *Ledger) each(ctx context.Context, f func(LedgerEntry)) error {
	return l.locked(ctx, func(file *os.File) error {
		_, err := readLedger(file, f)
		return err
	})
}

func (l *Ledger) append(ctx context.Context, e LedgerEntry) error {
	return l.locked(ctx, func(f *os.File) error {
		was, err := readLedger(f, func(LedgerEntry) {})
		if err != nil {
			return err
		}
		if was.torn > 0 {
			if err := f.Truncate(was.size); err != nil {
				return fmt.Errorf("cut the torn line of the ledger %s: %w", l.path, err)
			}
		}
		sum := sha256.Sum256(was.last)
		e.T, e.Prev, e.TornBytes = l.now().UTC(), hex.EncodeToString(sum[:]), was.torn
		line, err := encode(e)
		if err != nil {
			return err
		}
		if _, err := f.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("write the ledger %s: %w", l.path, err)
		}
		return f.Sync()
	})
}

// lockWait bounds how long one process waits for another's line.
const lockWait = 30 * time.Second

// locked opens the ledger for appending while no other process has it. It outlives
// the signal: an interrupted run is recorded to its end.
func (l *Ledger) locked(ctx context.Context, f func(*os.File) error) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockWait)
	defer cancel()
	lock := flock.New(l.path + ".lock")
	if _, err := lock.TryLockContext(ctx, 10*time.Millisecond); err != nil {
		return fmt.Errorf("lock the ledger %s: %w", l.path, err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return f(file)
}

// ledgerEnd is where a ledger ends.
type ledgerEnd struct {
	last []byte // the last whole line
	size int64  // of all whole lines, in bytes
	torn int    // bytes behind them
}

// readLedger reads every whole line and checks the chain. A torn last line
// was never acknowledged to its writer, which therefore sent nothing.
func readLedger(r io.Reader, f func(LedgerEntry)) (ledgerEnd, error) {
	in := bufio.NewReader(r)
	var end ledgerEnd
	for n := 1; ; n++ {
		raw, err := readLine(in)
		if errors.Is(err, io.EOF) {
			return end, nil
		}
		if errors.Is(err, ErrTorn) {
			end.torn = len(raw)
			return end, nil
		}
		if err != nil {
			return end, fmt.Errorf("ledger line %d: %w", n, err)
		}
		var e LedgerEntry
		if err := Decode(raw, &e); err != nil {
			return end, fmt.Errorf("ledger line %d: %w", n, err)
		}
		if sum := sha256.Sum256(end.last); e.Prev != hex.EncodeToString(sum[:]) {
			return end, fmt.Errorf("ledger line %d does not follow line %d: the ledger was changed", n, n-1)
		}
		end.last, end.size = raw, end.size+int64(len(raw))
		f(e)
	}
}
