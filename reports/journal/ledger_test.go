package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/sodprobe/sodprobe/reports/journal"
)

func openLedger(t *testing.T, root string) *journal.Ledger {
	t.Helper()
	l, err := journal.OpenLedger(t.Context(), root, clock())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func runs(t *testing.T, l *journal.Ledger, scenario string) int {
	t.Helper()
	n, err := l.Runs(t.Context(), scenario)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestLedgerCountsRuns(t *testing.T) {
	l := openLedger(t, filepath.Join(t.TempDir(), "evidence"))
	for _, err := range []error{
		l.Started(t.Context(), "run-1", "sha256:aa", 3, "cc"),
		l.Ended(t.Context(), "run-1", 12, tlog.RecordHash(nil), "completed"),
		l.Refused(t.Context(), "run-2", "sha256:aa", []string{"expired"}),
		l.Started(t.Context(), "run-3", "sha256:aa", 3, "cc"),
		l.Recovered(t.Context(), "run-3", 9, tlog.RecordHash(nil)),
		l.Started(t.Context(), "run-4", "sha256:bb", 4, "cc"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if a, b, c := runs(t, l, "sha256:aa"), runs(t, l, "sha256:bb"), runs(t, l, "sha256:cc"); a != 2 || b != 1 || c != 0 {
		t.Errorf("runs: %d %d %d, want 2 1 0: a refusal is no run", a, b, c)
	}
	for version, rollback := range map[int]bool{3: true, 4: false, 5: false} {
		if err := l.Trust(t.Context(), version, "cc"); errors.Is(err, journal.ErrRollback) != rollback {
			t.Errorf("trust version %d: %v", version, err)
		}
	}
	if err := l.Trust(t.Context(), 4, "another"); !errors.Is(err, journal.ErrRollback) {
		t.Errorf("the same version with another content: %v", err)
	}
}

func TestLedgerOfManyProcesses(t *testing.T) {
	root := t.TempDir()
	var all sync.WaitGroup
	for range 8 {
		l := openLedger(t, root)
		all.Go(func() {
			for range 5 {
				if err := l.Started(t.Context(), "run", "sha256:aa", 1, "cc"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := runs(t, openLedger(t, root), "sha256:aa"); n != 40 {
		t.Errorf("%d lines, want 40", n)
	}
}

// TestLedgerShowsEveryChange changes, drops and reorders lines.
func TestLedgerShowsEveryChange(t *testing.T) {
	root := t.TempDir()
	l := openLedger(t, root)
	for _, run := range []string{"run-1", "run-2", "run-3"} {
		if err := l.Started(t.Context(), run, "sha256:aa", 1, "cc"); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(root, journal.LedgerName)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.SplitAfter(string(data), "\n")
	for name, changed := range map[string]string{
		"first dropped":  all[1] + all[2],
		"middle dropped": all[0] + all[2],
		"swapped":        all[1] + all[0] + all[2],
		"changed":        strings.Replace(all[0], "run-1", "run-9", 1) + all[1] + all[2],
		"no line":        "hello\n" + all[0],
	} {
		if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := journal.OpenLedger(t.Context(), root, clock()); err == nil {
			t.Errorf("%s: nobody noticed", name)
		}
		if err := l.Started(t.Context(), "run-4", "sha256:aa", 1, "cc"); err == nil {
			t.Errorf("%s: a line was appended", name)
		}
	}
}

// TestLedgerTorn kills a ledger's writer in the middle of a line, at every
// byte: the piece does not count, the next line says that it was cut.
func TestLedgerTorn(t *testing.T) {
	root := t.TempDir()
	l := openLedger(t, root)
	for _, run := range []string{"run-1", "run-2"} {
		if err := l.Started(t.Context(), run, "sha256:aa", 1, "cc"); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(root, journal.LedgerName)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := strings.Index(string(data), "\n") + 1
	for cut := first + 1; cut < len(data); cut++ {
		if err := os.WriteFile(path, data[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if n := runs(t, openLedger(t, root), "sha256:aa"); n != 1 {
			t.Fatalf("cut at %d: %d runs, want 1", cut, n)
		}
		if err := l.Started(t.Context(), "run-3", "sha256:aa", 1, "cc"); err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if n := runs(t, openLedger(t, root), "sha256:aa"); n != 2 {
			t.Fatalf("cut at %d: %d runs, want 2", cut, n)
		}
		if after, err := os.ReadFile(path); err != nil || !strings.Contains(string(after), `"torn_bytes":`) {
			t.Fatalf("cut at %d: the cut is not recorded: %v", cut, err)
		}
	}
}
