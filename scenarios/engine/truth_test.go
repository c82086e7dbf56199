package engine_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets"
)

// TestExistenceBeforeAttempt: where something that an attempt needs is not
// there, in production or at the allowed place, no arm of it leaves.
func TestExistenceBeforeAttempt(t *testing.T) {
	for name, path := range map[string]string{"production": "/prod", "the allowed place": "/dev"} {
		t.Run(name, func(t *testing.T) {
			l := newLog()
			f := &fake{pin: approved(), log: l, absent: map[string]bool{path: true}}
			if _, err := engine.Run(t.Context(), config(t, f, l, 2, 3)); err != nil {
				t.Fatal(err)
			}
			if f.sends.Load() != 0 || f.reviews.Load() != 0 || l.lines[journal.TypeIntent] != 0 {
				t.Errorf("%d requests, %d reviews, %d intents", f.sends.Load(), f.reviews.Load(), l.lines[journal.TypeIntent])
			}
			for _, o := range l.observed {
				if o.Outcome != probes.NotRun || o.Reason != probes.ReasonTargetMissing || len(o.Refs["exists"]) != 1 ||
					!strings.HasPrefix(o.NotRunBecause, "target-missing: GET "+path) {
					t.Errorf("%s %s %v %q", o.Outcome, o.Reason, o.Refs, o.NotRunBecause)
				}
			}
			if len(l.observed) != 6 {
				t.Errorf("%d observations", len(l.observed))
			}
		})
	}
}

// TestPredictions: what the rules say is asked once for all attempts of a
// person, and an action that they allow otherwise leaves nothing Blocked.
func TestPredictions(t *testing.T) {
	for name, c := range map[string]struct {
		rules []string
		want  probes.Reason
		open  string
	}{
		"nothing is allowed":  {[]string{"get"}, probes.ReasonDenied, ""},
		"another verb is":     {[]string{"get", "update"}, probes.ReasonOpenOtherwise, "update kubernetes.thing000.patch thing in prod"},
		"the very action is":  {[]string{"patch"}, probes.ReasonOpenOtherwise, "patch kubernetes.thing000.patch thing in prod"},
		"nobody can be asked": {nil, probes.ReasonDenied, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLog()
			f := &fake{pin: approved(), log: l, rules: c.rules}
			if _, err := engine.Run(t.Context(), config(t, f, l, 4, 5)); err != nil {
				t.Fatal(err)
			}
			if f.reviews.Load() != 4 || l.lines[journal.TypeReview] != 4 {
				t.Errorf("%d reviews, %d in the journal, want one for each person", f.reviews.Load(), l.lines[journal.TypeReview])
			}
			for n, o := range l.observed {
				if o.Reason != c.want || len(o.Refs["prediction"]) != 1 || n == 0 && strings.Join(o.Open, "") != c.open {
					t.Errorf("attempt %d: %s %v, refers to %v", n, o.Reason, o.Open, o.Refs)
				}
			}
		})
	}
}

// TestAttemptedActionsSpeakForThemselves: where the run attempts the other
// action itself, as the same identity, the prediction leaves it to that.
func TestAttemptedActionsSpeakForThemselves(t *testing.T) {
	l := newLog()
	f := &fake{pin: approved(), log: l, rules: []string{"update"}}
	cfg := config(t, f, l, 2, 1)
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
	plan, err := engine.NewPlan(scenario(catalog, 2), catalog)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Plan = plan
	if _, err := engine.Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	for _, o := range l.observed {
		want := probes.ReasonDenied
		if o.Probe == twin.ID { // the rules allow what was refused: that is its own contradiction
			want = probes.ReasonOpenOtherwise
		}
		if o.Reason != want {
			t.Errorf("%s: %s %v", o.Probe, o.Reason, o.Open)
		}
	}
}

// TestArmsNameThemselves: every arm sends under a mark of its own.
func TestArmsNameThemselves(t *testing.T) {
	l := newLog()
	f := &fake{pin: approved(), log: l, calls: &sync.Map{}}
	if _, err := engine.Run(t.Context(), config(t, f, l, 2, 1)); err != nil {
		t.Fatal(err)
	}
	var got []string
	f.calls.Range(func(k, _ any) bool {
		got = append(got, k.(string))
		return true
	})
	slices.Sort(got)
	want := []string{
		"sodprobe-test-a0 thing developer", "sodprobe-test-a1 thing developer", "sodprobe-test-b0 thing developer",
		"sodprobe-test-b1 thing developer", "sodprobe-test-n thing unprivileged", "sodprobe-test-p thing authorized",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWhoseChange: a change of this attempt's is Permitted, one of another
// arm's proves nothing, and after either the run stops.
func TestWhoseChange(t *testing.T) {
	for mark, want := range map[string]map[probes.Outcome]int{
		"a0":             {probes.Permitted: 1, probes.Inconclusive: 1},
		"p":              {probes.Inconclusive: 2},
		targets.Unmarked: {probes.Inconclusive: 2},
	} {
		l := newLog()
		f := &fake{pin: approved(), log: l, leaves: mark}
		got, err := engine.Run(t.Context(), config(t, f, l, 2, 1))
		if err != nil {
			t.Fatal(err)
		}
		if out := l.outcomes(); got.Stopped != "mutated" || out[probes.Permitted] != want[probes.Permitted] || out[probes.Inconclusive] != want[probes.Inconclusive] {
			t.Errorf("%s: %v, stopped: %q", mark, out, got.Stopped)
		}
	}
}

// TestPositiveParameters: the positive arm may ask for what was approved, and
// the others still ask for what was not.
func TestPositiveParameters(t *testing.T) {
	l := newLog()
	f := &fake{pin: approved(), log: l, calls: &sync.Map{}}
	cfg := config(t, f, l, 1, 1)
	catalog := set(1)
	s := scenario(catalog, 1)
	s.Attempts[0].Positive = &scenarios.Positive{Identity: "release", With: map[string]string{"thing": "approved"}}
	plan, err := engine.NewPlan(s, catalog)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Plan = plan
	if _, err := engine.Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"sodprobe-test-p approved authorized", "sodprobe-test-a0 thing developer", "sodprobe-test-n thing unprivileged"} {
		if _, ok := f.calls.Load(want); !ok {
			t.Errorf("nobody sent %q", want)
		}
	}
	if l.outcomes()[probes.Blocked] != 1 {
		t.Errorf("%v", l.outcomes())
	}
}
