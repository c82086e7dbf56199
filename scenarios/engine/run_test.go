package engine_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// approved is the pin of a cluster that is the approved one.
func approved() targets.Pin { return targets.Pin{OK: true, Harness: "prober"} }

func TestEveryAttemptEndsInOneObservation(t *testing.T) {
	l := newLog()
	f := &fake{pin: approved(), log: l}
	got, err := engine.Run(t.Context(), config(t, f, l, 30, 7))
	if err != nil {
		t.Fatal(err)
	}
	if n := l.outcomes()[probes.Blocked]; n != 210 || got.Tally.Verdict() != probes.Effective {
		t.Errorf("%d Blocked of 210, %s: %+v", n, got.Tally.Verdict(), l.outcomes())
	}
	// Each attempt and baseline once; positive and negative once for each probe.
	if want := int64(2*210 + 2*7); f.sends.Load() != want {
		t.Errorf("%d requests, want %d", f.sends.Load(), want)
	}
	// Twice for each developer, once for each other identity.
	if want := int64(2*30 + 3); f.whoamis.Load() != want {
		t.Errorf("%d whoamis, want %d", f.whoamis.Load(), want)
	}
	if f.reads.Load() != 4 {
		t.Errorf("%d state reads, want one before and one after at each place", f.reads.Load())
	}
}

// TestIntentsAreDurableFirst: the fake answers what nothing proves to a
// request whose intent was not committed before.
func TestIntentsAreDurableFirst(t *testing.T) {
	l := newLog()
	if _, err := engine.Run(t.Context(), config(t, &fake{pin: approved(), log: l}, l, 5, 5)); err != nil {
		t.Fatal(err)
	}
	if n := l.outcomes()[probes.Blocked]; n != 25 {
		t.Errorf("%+v", l.outcomes())
	}
	if l.lines[journal.TypeIntent] != l.lines[journal.TypeArm] {
		t.Errorf("%d intents, %d arms", l.lines[journal.TypeIntent], l.lines[journal.TypeArm])
	}
}

func TestStopsOnTheFirstPermitted(t *testing.T) {
	l := newLog()
	f := &fake{pin: approved(), permitted: map[string]bool{"dev-00000": true}}
	cfg := config(t, f, l, 50, 10)
	cfg.StopOnPermitted, cfg.Concurrency = true, 1
	got, err := engine.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if got.Stopped != "permitted" || got.Tally.Permitted != 1 || got.Tally.NotRun != 499 {
		t.Errorf("%+v", got)
	}
	cfg = config(t, f, newLog(), 50, 10)
	if got, err = engine.Run(t.Context(), cfg); err != nil || got.Tally.Permitted != 10 || got.Tally.Blocked != 490 {
		t.Errorf("stopOn never: %+v %v", got, err)
	}
}

// TestStopsWhenSomethingChanged: a dry run that was none ends the run, whatever
// the scenario says, before the same request goes to production.
func TestStopsWhenSomethingChanged(t *testing.T) {
	f := &fake{pin: approved()}
	cfg := config(t, f, newLog(), 5, 3)
	cfg.Concurrency = 1
	cfg.Classify = map[targets.SystemName]targets.Classifier{kubernetes.Name: func(c targets.Case) targets.Response {
		if got := classify(c); got.Class != targets.Reached {
			return got
		}
		return targets.Response{Class: targets.Mutated}
	}}
	got, err := engine.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if n := f.sends.Load(); got.Stopped != "mutated" || n != 1 {
		t.Errorf("%+v after %d requests, want it stopped after the first", got, n)
	}
}

// TestClosedGateAsksNothing: outside the window not even a pin is read.
func TestClosedGateAsksNothing(t *testing.T) {
	f := &fake{pin: approved()}
	cfg := config(t, f, newLog(), 5, 3)
	limits := cfg.Gate.(engine.Limits)
	limits.NotAfter = limits.Now().Add(-time.Second)
	cfg.Gate = limits
	got, err := engine.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if n := f.sends.Load() + f.whoamis.Load() + f.reads.Load(); n != 0 || got.Stopped != "window-closed" || got.Tally.NotRun != 15 {
		t.Errorf("%+v, and %d requests", got, n)
	}
}

// TestStopsWhileItReads: an approval that is withdrawn, a window that closes and a
// stop file end a run also while it asks who everybody is, and nothing asks for
// admission.
func TestStopsWhileItReads(t *testing.T) {
	for name, spoil := range map[string]func(*engine.Limits, func() bool){
		"withdrawn": func(l *engine.Limits, begun func() bool) {
			l.Withdrawn = func() (string, bool) { return "a note", begun() }
		},
		"stop-file": func(l *engine.Limits, begun func() bool) {
			l.StopFile = func() (string, bool) { return "STOP", begun() }
		},
		"window-closed": func(l *engine.Limits, begun func() bool) {
			now := l.Now()
			l.Now = func() time.Time {
				if begun() {
					return now.Add(2 * time.Hour)
				}
				return now
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{pin: approved(), takes: 50 * time.Millisecond}
			cfg := config(t, f, newLog(), 200, 2)
			limits, ok := cfg.Gate.(engine.Limits)
			if !ok {
				t.Fatal("another gate")
			}
			spoil(&limits, func() bool { return f.whoamis.Load() > 0 })
			cfg.Gate, cfg.Concurrency = limits, 4
			got, err := engine.Run(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			if n := f.whoamis.Load(); string(got.Stopped) != name || f.sends.Load() != 0 || n > 100 || got.Tally.NotRun != 400 {
				t.Errorf("%+v, after %d questions of 200", got, n)
			}
		})
	}
}

// TestInterrupt: what runs ends and is judged, the rest is NotRun, and every
// attempt has its observation.
func TestInterrupt(t *testing.T) {
	l := newLog()
	f := &fake{pin: approved(), hold: make(chan struct{})}
	ctx, interrupt := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, func() {
		interrupt()
		time.AfterFunc(50*time.Millisecond, func() { close(f.hold) })
	})
	got, err := engine.Run(ctx, config(t, f, l, 20, 20))
	if err != nil {
		t.Fatal(err)
	}
	out := l.outcomes()
	if got.Stopped != "interrupted" || out[probes.Blocked] == 0 || out[probes.Blocked] > 8 || out[probes.Blocked]+out[probes.NotRun] != 400 {
		t.Errorf("%+v %+v", got, out)
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(*fake, *engine.Config)
		want   probes.Outcome
		sends  bool
		reason string
	}{
		"another cluster": {spoil: func(f *fake, _ *engine.Config) { f.pin = targets.Pin{Problem: "another uid"} }, want: probes.NotRun},
		"no answer":       {spoil: func(f *fake, _ *engine.Config) { f.pinErr = fmt.Errorf("%w: dial", targets.ErrUnreachable) }, want: probes.Inconclusive},
		"before the window": {spoil: func(_ *fake, c *engine.Config) {
			g := c.Gate.(engine.Limits)
			g.NotBefore = g.NotBefore.Add(time.Minute)
			c.Gate = g
		}, want: probes.NotRun},
		"no budget": {spoil: func(_ *fake, c *engine.Config) {
			g := c.Gate.(engine.Limits)
			g.Left = func() int64 { return 0 }
			c.Gate = g
		}, want: probes.NotRun},
		"stop file": {spoil: func(_ *fake, c *engine.Config) {
			g := c.Gate.(engine.Limits)
			g.StopFile = func() (string, bool) { return "STOP", true }
			c.Gate = g
		}, want: probes.NotRun},
		"above the ceiling": {spoil: func(_ *fake, c *engine.Config) {
			g := c.Gate.(engine.Limits)
			g.Ceiling = probes.Examine
			c.Gate = g
		}, want: probes.NotRun},
		"an unproven identity": {spoil: func(f *fake, _ *engine.Config) { f.unproven = map[string]bool{"dev-00000": true} }, want: probes.Inconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLog()
			f := &fake{pin: approved()}
			cfg := config(t, f, l, 1, 3)
			c.spoil(f, &cfg)
			if _, err := engine.Run(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			if l.outcomes()[c.want] != 3 || f.sends.Load() != 0 {
				t.Errorf("%+v, %d requests", l.outcomes(), f.sends.Load())
			}
		})
	}
}

// TestUnprovenInstruments: without its observer, or its other arms, nothing is
// Blocked.
func TestUnprovenInstruments(t *testing.T) {
	for who, want := range map[string]probes.Outcome{"reader": probes.NotRun, "release": probes.Inconclusive, "nobody": probes.Inconclusive} {
		l := newLog()
		f := &fake{pin: approved(), unproven: map[string]bool{who: true}}
		if _, err := engine.Run(t.Context(), config(t, f, l, 2, 2)); err != nil {
			t.Fatal(err)
		}
		if l.outcomes()[want] != 4 {
			t.Errorf("%s: %+v", who, l.outcomes())
		}
	}
}

func TestAJournalThatFailsEndsTheRun(t *testing.T) {
	l := newLog()
	l.fail = errors.New("no space left on device")
	f := &fake{pin: approved()}
	if _, err := engine.Run(t.Context(), config(t, f, l, 2, 2)); !errors.Is(err, l.fail) || f.sends.Load() != 0 {
		t.Errorf("%v, %d requests", err, f.sends.Load())
	}
}

// TestConstantMemory: ten times the attempts do not take more memory. The
// scenario itself grows with its identities, so both runs have the same
// number of them.
func TestConstantMemory(t *testing.T) {
	peak := func(kinds int) uint64 {
		l := newLog()
		l.discard = true
		cfg := config(t, &fake{pin: approved()}, l, 500, kinds)
		var most uint64
		n := 0
		cfg.Progress = func(engine.Event) {
			if n++; n%1000 != 0 {
				return
			}
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
		if _, err := engine.Run(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		return most
	}
	small, large := peak(2), peak(20)
	t.Logf("1,000 attempts: %d KiB; 10,000 attempts: %d KiB", small>>10, large>>10)
	if large > small+(2<<20) {
		t.Errorf("1,000 attempts take %d bytes, 10,000 take %d", small, large)
	}
}
