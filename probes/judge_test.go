package probes_test

import (
	"slices"
	"testing"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// every answer that an arm can give: each class, and for a denial each layer.
func answers() []probes.Answer {
	out := []probes.Answer{{}}
	for _, c := range targets.Classes() {
		if c != targets.Denied {
			out = append(out, probes.Answer{Class: c})
		}
	}
	for _, l := range targets.Layers() {
		out = append(out, probes.Answer{Class: targets.Denied, Layer: l})
	}
	return append(out, probes.Answer{Class: targets.Denied}, probes.Answer{Class: "made-up"},
		probes.Answer{Class: targets.HarnessDenied, Layer: targets.SessionPolicy}, probes.Answer{Class: targets.HarnessDenied, Layer: targets.IdentityPolicy})
}

func proofs() []probes.Proof {
	return []probes.Proof{probes.Unset, probes.Proven, probes.Failed, "made-up"}
}

func states() []probes.StateChange {
	return []probes.StateChange{probes.StateUnread, probes.StateUnchanged, probes.StateChangedByUs, probes.StateChangedByOther, "made-up"}
}

// sound is an experiment in which everything holds.
func sound() probes.Arms {
	denied := probes.Answer{Class: targets.Denied, Layer: targets.Authorization}
	reached := probes.Answer{Class: targets.Reached}
	return probes.Arms{
		Attempt: denied, IdentityBefore: probes.Proven, IdentityAfter: probes.Proven, Target: probes.Proven,
		Baseline: reached, Positive: reached, Negative: denied, State: probes.StateUnchanged,
		Expect: []targets.Layer{targets.Authorization},
	}
}

// byWhoAsks are the layers whose refusal a waiver of the positive arm leaves
// meaningful.
func byWhoAsks() []targets.Layer {
	return []targets.Layer{
		targets.Authorization, targets.ProjectRole, targets.BranchProtection, targets.TagProtection, targets.MergeApproval,
		targets.EnvironmentProtection, targets.PipelinePermission,
		targets.IdentityPolicy, targets.ResourcePolicy, targets.PermissionsBoundary,
	}
}

// blocked says, independently of the rule, when an experiment proves a block:
// a plain conjunction of all its cells.
func blocked(a probes.Arms) bool {
	return a.Attempt.Class == targets.Denied && slices.Contains(a.Expect, a.Attempt.Layer) &&
		a.IdentityBefore == probes.Proven && a.IdentityAfter == probes.Proven && a.Target == probes.Proven &&
		a.Baseline.Class == targets.Reached && (a.Positive.Class == targets.Reached || a.Waived && slices.Contains(byWhoAsks(), a.Attempt.Layer)) &&
		a.Negative.Class == targets.Denied && slices.Contains(targets.Layers(), a.Negative.Layer) &&
		a.State == probes.StateUnchanged
}

// permitted says when an experiment shows that the control failed.
func permitted(a probes.Arms) bool {
	proven := a.IdentityBefore == probes.Proven && a.IdentityAfter == probes.Proven
	through := a.Attempt.Class == targets.Reached || a.Attempt.Class == targets.Mutated
	return (through && proven) || (!through && a.State == probes.StateChangedByUs)
}

// TestJudge goes through every answer of the attempt with every proof, every
// state, and every answer of each other arm: some 350,000 experiments.
func TestJudge(t *testing.T) {
	n := 0
	check := func(a probes.Arms) {
		n++
		got := probes.Judge(a)
		want := probes.Inconclusive
		switch {
		case blocked(a):
			want = probes.Blocked
		case permitted(a):
			want = probes.Permitted
		}
		if got.Outcome != want {
			t.Fatalf("%s, want %s: %+v", got.Outcome, want, a)
		}
		if got.Reason == "" {
			t.Fatalf("no reason: %+v", a)
		}
	}
	for _, attempt := range answers() {
		for _, baseline := range answers() {
			for _, other := range answers() {
				for _, waived := range []bool{false, true} {
					a := sound()
					a.Attempt, a.Baseline, a.Waived = attempt, baseline, waived
					a.Positive = other
					check(a)
					a.Positive, a.Negative = sound().Positive, other
					check(a)
				}
			}
		}
		for _, before := range proofs() {
			for _, after := range proofs() {
				for _, target := range proofs() {
					for _, state := range states() {
						for _, other := range answers() {
							a := sound()
							a.Attempt, a.IdentityBefore, a.IdentityAfter, a.Target, a.State = attempt, before, after, target, state
							a.Baseline = other
							check(a)
							a.Baseline, a.Positive, a.Negative = sound().Baseline, other, other
							check(a)
						}
					}
				}
			}
		}
	}
	t.Logf("%d experiments", n)
}

// TestNullArm: where the negative arm is the attempt's own without any right,
// nothing but our own policy's refusal of it lets a denial or an answer from
// behind the decision count.
func TestNullArm(t *testing.T) {
	ours := probes.Answer{Class: targets.HarnessDenied, Layer: targets.SessionPolicy}
	for _, attempt := range answers() {
		for _, null := range answers() {
			a := sound()
			a.Null, a.Attempt, a.Negative = true, attempt, null
			want := probes.Inconclusive
			switch {
			case attempt.Class == targets.Mutated, attempt.Class == targets.Reached && null == ours:
				want = probes.Permitted
			case attempt == sound().Attempt && null == ours:
				want = probes.Blocked
			}
			if got := probes.Judge(a); got.Outcome != want || attempt.Class == targets.Reached && want == probes.Inconclusive && !got.Urgent {
				t.Errorf("%+v, null %+v: %+v, want %s", attempt, null, got, want)
			}
		}
	}
	a := sound()
	a.Negative = ours
	if got := probes.Judge(a); got.Outcome != probes.Inconclusive {
		t.Errorf("our own refusal as somebody else's: %+v", got)
	}
}

// TestNoBlockWithoutEachCell unsets one cell of a sound experiment at a time.
func TestNoBlockWithoutEachCell(t *testing.T) {
	if got := probes.Judge(sound()); got.Outcome != probes.Blocked {
		t.Fatalf("a sound experiment is %s", got.Outcome)
	}
	if got := probes.Judge(probes.Arms{}); got.Outcome != probes.Inconclusive {
		t.Fatalf("no experiment is %s", got.Outcome)
	}
	for name, unset := range map[string]func(*probes.Arms){
		"attempt":         func(a *probes.Arms) { a.Attempt = probes.Answer{} },
		"identity-before": func(a *probes.Arms) { a.IdentityBefore = probes.Unset },
		"identity-after":  func(a *probes.Arms) { a.IdentityAfter = probes.Unset },
		"target":          func(a *probes.Arms) { a.Target = probes.Unset },
		"baseline":        func(a *probes.Arms) { a.Baseline = probes.Answer{} },
		"positive":        func(a *probes.Arms) { a.Positive = probes.Answer{} },
		"negative":        func(a *probes.Arms) { a.Negative = probes.Answer{} },
		"state":           func(a *probes.Arms) { a.State = probes.StateUnread },
		"expect":          func(a *probes.Arms) { a.Expect = nil },
	} {
		a := sound()
		unset(&a)
		got := probes.Judge(a)
		if got.Outcome != probes.Inconclusive {
			t.Errorf("without %s: %s", name, got.Outcome)
		}
		if name != "attempt" && name != "expect" && !slices.Contains(got.Missing, name) {
			t.Errorf("without %s, missing are %v", name, got.Missing)
		}
	}
}

// TestJudgeReasons: the reason says which rule decided.
func TestJudgeReasons(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*probes.Arms)
		want   probes.Judgement
	}{
		"wrong layer":       {func(a *probes.Arms) { a.Attempt.Layer = targets.Quota }, probes.Judgement{Reason: "wrong-layer"}},
		"reached, unproven": {func(a *probes.Arms) { a.Attempt.Class, a.IdentityAfter = targets.Reached, probes.Failed }, probes.Judgement{Reason: "identity-unproven", Missing: []string{"identity-after"}, Urgent: true}},
		"mutated":           {func(a *probes.Arms) { a.Attempt.Class = targets.Mutated }, probes.Judgement{Outcome: probes.Permitted, Reason: "mutated", Urgent: true}},
		"a waiver, and a layer that decides by what is asked": {func(a *probes.Arms) {
			a.Attempt.Layer, a.Expect, a.Waived, a.Positive = targets.AdmissionPolicy, []targets.Layer{targets.AdmissionPolicy}, true, probes.Answer{}
		}, probes.Judgement{Reason: "arms-missing", Missing: []string{"positive"}}},
		"reached, and it changed":           {func(a *probes.Arms) { a.Attempt.Class, a.State = targets.Reached, probes.StateChangedByUs }, probes.Judgement{Outcome: probes.Permitted, Reason: "state-changed", Urgent: true}},
		"a baseline that changed something": {func(a *probes.Arms) { a.Baseline.Class = targets.Mutated }, probes.Judgement{Reason: "arms-missing", Missing: []string{"baseline"}, Urgent: true}},
		"our own change":                    {func(a *probes.Arms) { a.State = probes.StateChangedByUs }, probes.Judgement{Outcome: probes.Permitted, Reason: "state-changed", Urgent: true}},
		"throttled":                         {func(a *probes.Arms) { a.Attempt = probes.Answer{Class: targets.Throttled} }, probes.Judgement{Reason: "throttled"}},
	} {
		a := sound()
		c.change(&a)
		got := probes.Judge(a)
		if got.Outcome != c.want.Outcome || got.Reason != c.want.Reason || got.Urgent != c.want.Urgent || !slices.Equal(got.Missing, c.want.Missing) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
