package journal_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

const origin = "sodprobe.corp.example/payments"

// planned is a plan of three attempts.
func planned() iter.Seq[journal.Observation] {
	return func(yield func(journal.Observation) bool) {
		for n := range int64(3) {
			if !yield(journal.Observation{N: n, Probe: "p", Target: "prod", Identity: "alice"}) {
				return
			}
		}
	}
}

// finished makes the journal of a run that came to its end: attempt 0 was
// blocked, attempt 1 was permitted, attempt 2 was not run.
func finished(t *testing.T, dir string) {
	t.Helper()
	w := create(t, dir)
	signer, verifier := runKey(t)
	put := func(kind journal.Type, body any) {
		t.Helper()
		if err := w.Append(t.Context(), kind, body); err != nil {
			t.Fatal(err)
		}
	}
	put(journal.TypeRunStart, journal.RunStart{RunKey: verifier, Origin: origin, Planned: 3})
	put(journal.TypeRunSigned, journal.Signed{Namespace: "operate@sodprobe", Signature: "s"})
	if err := w.Checkpoint(t.Context(), "before", origin, signer); err != nil {
		t.Fatal(err)
	}
	for n, outcome := range []probes.Outcome{probes.Blocked, probes.Permitted} {
		id := fmt.Sprintf("arm-%d", n)
		put(journal.TypeIntent, journal.Intent{ID: id, Arm: targets.ArmAttempt, N: int64(n)})
		put(journal.TypeArm, journal.ArmRecord{ID: id, Arm: targets.ArmAttempt, N: int64(n)})
		put(journal.TypeObservation, journal.Observation{N: int64(n), Judgement: probes.Judgement{Outcome: outcome}})
	}
	put(journal.TypeObservation, journal.Observation{N: 2, Judgement: probes.Judgement{Outcome: probes.NotRun}})
	put(journal.TypeRunEnd, journal.RunEnd{Status: "stopped", Requests: 7})
	if err := errors.Join(w.Checkpoint(t.Context(), "after", origin, signer), w.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func recovery(t *testing.T) journal.Recovery {
	t.Helper()
	signer, verifier := runKey(t)
	return journal.Recovery{
		Planned: func(string) iter.Seq[journal.Observation] { return planned() }, Origin: origin, Sealer: signer, Now: clock(),
		Record: journal.RunRecover{RunKey: verifier},
		Sign:   func([]byte) ([]byte, error) { return []byte("s"), nil },
	}
}

// crashed copies a finished run's folder with only the first bytes of its
// journal, as kill -9 leaves it.
func crashed(t *testing.T, dir string, data []byte) string {
	t.Helper()
	to := t.TempDir()
	if err := os.Mkdir(filepath.Join(to, "checkpoints"), 0o700); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, "checkpoints", "before.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"checkpoints/before.txt": before, journal.FileName: data} {
		if err := os.WriteFile(filepath.Join(to, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// TestCrashAtEveryByte cuts a journal at every byte: whatever the moment of
// the crash, each planned attempt ends in exactly one observation, one that
// may have been sent is never NotRun, and no whole line is lost.
func TestCrashAtEveryByte(t *testing.T) {
	dir := t.TempDir()
	finished(t, dir)
	data, err := os.ReadFile(filepath.Join(dir, journal.FileName))
	if err != nil {
		t.Fatal(err)
	}
	registered := len(strings.Join(strings.SplitAfter(string(data), "\n")[:2], ""))
	for cut := range len(data) + 1 {
		at := crashed(t, dir, data[:cut])
		got, err := journal.Recover(t.Context(), at, recovery(t))
		if cut < registered {
			if !errors.Is(err, journal.ErrUnregistered) {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		checkRecovered(t, at, data[:cut], got)
		if t.Failed() {
			t.Fatalf("cut at %d of %d", cut, len(data))
		}
		if _, err := journal.Recover(t.Context(), at, recovery(t)); !errors.Is(err, journal.ErrEnded) {
			t.Fatalf("cut at %d: recovered twice: %v", cut, err)
		}
	}
}

func checkRecovered(t *testing.T, dir string, left []byte, got journal.Recovered) {
	t.Helper()
	var tree journal.Tree
	observed, intents := map[int64][]journal.Observation{}, map[int64]bool{}
	var record journal.RunRecover
	text := strings.Join(lines(t, dir), "")
	for _, raw := range lines(t, dir) {
		tree.Add([]byte(raw))
		var e journal.Entry
		if err := journal.Decode([]byte(raw), &e); err != nil {
			t.Fatal(err)
		}
		var o journal.Observation
		var i journal.Intent
		switch e.Type { //nolint:exhaustive // the others do not matter here
		case journal.TypeObservation:
			if err := journal.Decode(e.Body, &o); err != nil {
				t.Fatal(err)
			}
			observed[o.N] = append(observed[o.N], o)
		case journal.TypeIntent:
			if err := journal.Decode(e.Body, &i); err != nil {
				t.Fatal(err)
			}
			intents[i.N] = true
		case journal.TypeRunRecover:
			if err := journal.Decode(e.Body, &record); err != nil {
				t.Fatal(err)
			}
		}
	}
	for n := range int64(3) {
		if len(observed[n]) != 1 {
			t.Errorf("attempt %d has %d observations", n, len(observed[n]))
		} else if o := observed[n][0]; intents[n] && o.Outcome == probes.NotRun {
			t.Errorf("attempt %d was announced and is NotRun", n)
		}
	}
	whole := left[:strings.LastIndex(string(left), "\n")+1]
	if !strings.HasPrefix(text, string(whole)) || record.TornBytes != len(left)-len(whole) {
		t.Errorf("whole lines were lost, or the cut of %d bytes is recorded as %d", len(left)-len(whole), record.TornBytes)
	}
	point, err := journal.ReadCheckpoint(os.DirFS(dir), "after", record.RunKey)
	if err != nil || point.Root != tree.Root() || point.Size != tree.Size() || got.Root != tree.Root() {
		t.Errorf("the last checkpoint is not over the journal: %+v, %v", point, err)
	}
}

// TestRecoveryKilled repeats a recovery that was killed before its signature.
func TestRecoveryKilled(t *testing.T) {
	dir := t.TempDir()
	finished(t, dir)
	all := lines(t, dir)
	at := crashed(t, dir, []byte(strings.Join(all[:4], "")))
	r := recovery(t)
	r.Sign = func([]byte) ([]byte, error) { return nil, context.Canceled }
	if _, err := journal.Recover(t.Context(), at, r); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	got, err := journal.Recover(t.Context(), at, recovery(t))
	if err != nil || got.Indeterminate != 1 || got.NotRun != 2 {
		t.Fatalf("got %+v, %v; want 1 indeterminate and 2 not run", got, err)
	}
	if last := lines(t, at); !slices.ContainsFunc(last, func(l string) bool { return strings.Contains(l, `"type":"run.end"`) }) {
		t.Error("the journal has no end")
	}
}

// TestRecoverLeavesALivingRunAlone holds that cleanup cannot write into the
// journal of a run that goes on.
func TestRecoverLeavesALivingRunAlone(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir)
	if _, err := journal.Recover(t.Context(), dir, recovery(t)); !errors.Is(err, journal.ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Recover(t.Context(), dir, recovery(t)); !errors.Is(err, journal.ErrUnregistered) {
		t.Errorf("got %v, want ErrUnregistered", err)
	}
}

// TestRecoverRefusesABrokenJournal: only a torn last line is repaired.
func TestRecoverRefusesABrokenJournal(t *testing.T) {
	dir := t.TempDir()
	finished(t, dir)
	all := lines(t, dir)
	broken := strings.Join(all[:3], "") + "x\n" + strings.Join(all[3:5], "")
	at := crashed(t, dir, []byte(broken))
	if _, err := journal.Recover(t.Context(), at, recovery(t)); err == nil || !strings.Contains(err.Error(), "journal line 4") {
		t.Errorf("got %v, want an error at line 4", err)
	}
	data, err := os.ReadFile(filepath.Join(at, journal.FileName))
	if err != nil || string(data) != broken {
		t.Errorf("the journal was changed: %v", err)
	}
}
