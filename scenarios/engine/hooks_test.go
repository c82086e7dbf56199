package engine_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets"
)

// hooks changes what a fake answers.
type hooks struct {
	*fake
	read   func(q targets.StateQuery, r targets.StateRead) targets.StateRead
	who    func(id targets.Identity, c targets.Whoami) targets.Whoami
	send   func(id targets.Identity, c targets.Call, x targets.Exchange) targets.Exchange
	review func()
}

// hooked is a session of a fake with hooks.
type hooked struct {
	*session
	h *hooks
}

func (h *hooks) Assume(_ context.Context, id targets.Identity) (engine.Session, error) {
	return &hooked{&session{h.fake, id}, h}, nil
}

func (s *hooked) Read(ctx context.Context, q targets.StateQuery) targets.StateRead {
	r := s.session.Read(ctx, q)
	if s.h.read != nil {
		r = s.h.read(q, r)
	}
	return r
}

func (s *hooked) Whoami(ctx context.Context) targets.Whoami {
	c := s.session.Whoami(ctx)
	if s.h.who != nil {
		c = s.h.who(s.id, c)
	}
	return c
}

func (s *hooked) Send(ctx context.Context, call targets.Call) targets.Exchange {
	x := s.session.Send(ctx, call)
	if s.h.send != nil {
		x = s.h.send(s.id, call, x)
	}
	return x
}

func (s *hooked) Review(ctx context.Context, r targets.Review) targets.Exchange {
	if s.h.review != nil {
		s.h.review()
	}
	return s.session.Review(ctx, r)
}

// TestAChangeStopsTheRunWhateverTheReason: a mark that an attempt left stops the
// run even where the identity was not proven afterwards.
func TestAChangeStopsTheRunWhateverTheReason(t *testing.T) {
	l := newLog()
	f := &fake{pin: approved(), log: l, permitted: map[string]bool{"dev-00000": true}, leaves: "a0"}
	var n atomic.Int64
	h := &hooks{fake: f, who: func(id targets.Identity, c targets.Whoami) targets.Whoami {
		if id.ID == "dev-00000" && n.Add(1) == 2 {
			return targets.Whoami{Proof: targets.Failed, Problem: "expired"}
		}
		return c
	}}
	cfg := config(t, f, l, 3, 600)
	cfg.Targets = map[string]engine.Target{"cluster": h}
	got, err := engine.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if got.Stopped != "mutated" {
		t.Errorf("a change that carries a0's mark did not stop the run: %q", got.Stopped)
	}
}

// TestAChangeBetweenBatchesStopsTheRun: a mark that appears late, after its own
// batch was judged, stops the run before the next.
func TestAChangeBetweenBatchesStopsTheRun(t *testing.T) {
	l := newLog()
	f := &fake{pin: approved(), log: l}
	var prod atomic.Int64
	h := &hooks{fake: f, read: func(q targets.StateQuery, r targets.StateRead) targets.StateRead {
		if q.Request.Path == "/prod" && prod.Add(1) > 2 { // after batch 1's before and after
			r.Digest, r.Ours, r.Marks = "changed", true, []string{"a0"}
		}
		return r
	}}
	cfg := config(t, f, l, 3, 600)
	cfg.Targets = map[string]engine.Target{"cluster": h}
	got, err := engine.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if got.Stopped != "mutated" {
		t.Errorf("stopped=%q outcomes=%v", got.Stopped, l.outcomes())
	}
}

// TestAChangeAtThePermittedPlaceStopsTheRun: a baseline that took effect is seen
// where it did.
func TestAChangeAtThePermittedPlaceStopsTheRun(t *testing.T) {
	l := newLog()
	f := &fake{pin: approved(), log: l}
	h := &hooks{fake: f, read: func(q targets.StateQuery, r targets.StateRead) targets.StateRead {
		if q.Request.Path == "/dev" && f.sends.Load() > 0 {
			r.Digest, r.Ours, r.Marks = "changed", true, []string{"b0"}
		}
		return r
	}}
	cfg := config(t, f, l, 1, 1)
	cfg.Targets = map[string]engine.Target{"cluster": h}
	got, err := engine.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if got.Stopped != "mutated" {
		t.Errorf("stopped=%q o=%s/%s", got.Stopped, l.observed[0].Outcome, l.observed[0].Reason)
	}
}

// TestWhatNeverLeftSpeaksOfNothing: an action whose own attempt was held back is
// left to the prediction.
func TestWhatNeverLeftSpeaksOfNothing(t *testing.T) {
	l := newLog()
	f := &fake{pin: approved(), log: l, rules: []string{"update"}}
	h := &hooks{fake: f, send: func(id targets.Identity, c targets.Call, x targets.Exchange) targets.Exchange {
		if id.Role == targets.Developer && c.Request.Scope == "prod" && c.Request.Action == "update" {
			return targets.Exchange{Refused: "guard: refused: budget"}
		}
		return x
	}}
	cfg := config(t, f, l, 1, 1)
	catalog := set(1)
	twin := catalog[0]
	twin.ID = "kubernetes.thing000.update"
	build := twin.Request
	twin.Request = func(p targets.Place, params probes.Params) targets.Request {
		r := build(p, params)
		r.Action = "update"
		return r
	}
	twin.Also = nil
	catalog = append(catalog, twin)
	plan, err := engine.NewPlan(scenario(catalog, 1), catalog)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Plan = plan
	cfg.Targets = map[string]engine.Target{"cluster": h}
	if _, err := engine.Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	for _, o := range l.observed {
		if o.Probe != twin.ID && (o.Reason != probes.ReasonOpenOtherwise || o.Arms.Prediction.Also[0].Attempted) {
			t.Errorf("%s: %s/%s %+v", o.Probe, o.Outcome, o.Reason, o.Arms.Prediction.Also)
		}
	}
}

// TestExistenceBeforeStandingBaselines: a standing baseline needs its place, too.
func TestExistenceBeforeStandingBaselines(t *testing.T) {
	l := newLog()
	f := &fake{pin: approved(), log: l, absent: map[string]bool{"/dev": true}}
	cfg := config(t, f, l, 1, 1)
	catalog := set(1)
	build := catalog[0].Request
	catalog[0].Baseline.Standing = &probes.Standing{
		ID: "s", State: catalog[0].State, Allow: []targets.Rule{{Method: "PATCH", Path: "/{scope}/x", Mutating: true}},
		Request: func(p targets.Place, params probes.Params) targets.Request {
			params.With = map[string]string{}
			return build(p, params)
		},
	}
	plan, err := engine.NewPlan(scenario(catalog, 1), catalog)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Plan = plan
	if _, err := engine.Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if f.sends.Load() != 0 {
		t.Errorf("%d requests left", f.sends.Load())
	}
}

// TestNothingIsAskedAfterTheStop: the rules are not asked once the run has stopped.
func TestNothingIsAskedAfterTheStop(t *testing.T) {
	l := newLog()
	f := &fake{pin: approved(), log: l, rules: []string{"get"}}
	ctx, cancel := context.WithCancel(t.Context())
	var stopped atomic.Bool
	var after atomic.Int64
	h := &hooks{fake: f, send: func(id targets.Identity, c targets.Call, x targets.Exchange) targets.Exchange {
		if id.Role == targets.Developer && c.Request.Scope == "dev" {
			cancel()
			time.Sleep(100 * time.Millisecond)
			stopped.Store(true)
		}
		return x
	}, review: func() {
		if stopped.Load() {
			after.Add(1)
		}
	}}
	cfg := config(t, f, l, 1, 1)
	cfg.Targets = map[string]engine.Target{"cluster": h}
	got, err := engine.Run(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if after.Load() > 0 {
		t.Errorf("%d reviews left after the run had stopped (%s); whoamis=%d", after.Load(), got.Stopped, f.whoamis.Load())
	}
}
