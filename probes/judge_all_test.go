package probes_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

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
		out = append(out, denied(l))
	}
	return append(out, probes.Answer{Class: targets.Denied}, probes.Answer{Class: "made-up"}, fenced(),
		probes.Answer{Class: targets.HarnessDenied, Layer: targets.IdentityPolicy})
}

// few are the answers that the steps tell apart.
func few() []probes.Answer {
	return []probes.Answer{{}, reached(), mutated(), denied(targets.Authorization), denied(targets.SCP), denied("made-up"), fenced(), {Class: targets.Throttled}}
}

func proofs() []targets.Proof {
	return []targets.Proof{targets.Unset, targets.Proven, targets.Failed, "made-up"}
}

func states() []probes.StateChange {
	return []probes.StateChange{
		probes.StateUnread, probes.StateUnchanged, probes.StateChangedByUs, probes.StateChangedByArm, probes.StateChangedByOther, "made-up",
	}
}

func opinions() []targets.Opinion {
	return []targets.Opinion{"", targets.Allows, targets.Denies, targets.Unsure, "made-up"}
}

func techniques() []probes.Technique { return append(probes.Techniques(), "", "made-up") }

// byWhoAsks are the layers whose refusal a waiver of the positive arm leaves
// meaningful.
func byWhoAsks() []targets.Layer {
	return []targets.Layer{
		targets.Authorization, targets.ProjectRole, targets.BranchProtection, targets.TagProtection, targets.MergeApproval,
		targets.EnvironmentProtection, targets.PipelinePermission,
		targets.IdentityPolicy, targets.ResourcePolicy, targets.PermissionsBoundary,
	}
}

// The contract again, written without the rule: conjunctions, in no order.

func isThrough(x probes.Answer) bool { return x == reached() || x == mutated() }

func isProven(a probes.Arms) bool {
	return a.IdentityBefore == targets.Proven && (a.IdentityAfter == targets.Proven || a.Cut && a.IdentityAfter == targets.Unset)
}

// refused says that the negative arm shows a no.
func refused(a probes.Arms) bool {
	if a.Null {
		return a.Negative == fenced()
	}
	return a.Negative.Class == targets.Denied && slices.Contains(targets.Layers(), a.Negative.Layer)
}

func says(f *probes.Forecast, o targets.Opinion) bool { return f != nil && f.Says == o }

// allowedOtherwise says that rules which speak for the refusing layer allow it
// all the same.
func allowedOtherwise(a probes.Arms) bool {
	if !slices.Contains(a.Prediction.Covers, a.Attempt.Layer) {
		return false
	}
	return says(&a.Prediction.Real, targets.Allows) && !a.Prediction.Real.Attempted ||
		slices.ContainsFunc(a.Prediction.Also, func(f probes.Forecast) bool { return f.Says == targets.Allows && !f.Attempted })
}

// sessionDecides says that rules which speak for the refusing layer look at what
// the session lacks, and nobody says that they would refuse all the same.
func sessionDecides(a probes.Arms) bool {
	return len(a.Prediction.Lacks) > 0 && slices.Contains(a.Prediction.Unsaid, a.Prediction.Lacks[0]) && slices.Contains(a.Prediction.Covers, a.Attempt.Layer) && !says(&a.Prediction.Real, targets.Denies)
}

// requestDecides says that rules which speak for the refusing layer look at what
// the request does not carry, or that nobody knows at what, and nobody says that
// they would refuse all the same.
func requestDecides(a probes.Arms) bool {
	looks := a.Prediction.Keyed && a.Prediction.Looks == nil
	for _, key := range a.Prediction.Unsaid {
		looks = looks || len(a.Carries) == 0 || key != a.Carries[0]
	}
	return looks && slices.Contains(a.Prediction.Covers, a.Attempt.Layer) && !says(&a.Prediction.Real, targets.Denies)
}

// otherwiseSeen says that the target's record saw what the request alters, and
// that the rules do not say that they would refuse all the same.
func otherwiseSeen(a probes.Arms) bool {
	foretold := says(&a.Prediction.Real, targets.Denies)
	if a.Attempt.Layer == targets.SCP {
		foretold = a.Prediction.Organization == targets.Denies
	}
	blind := a.Attempt.Layer == targets.IdentityPolicy && a.Prediction.Looks != nil && !slices.Contains(a.Prediction.Looks, "s3:x-amz-acl")
	return len(a.Alters) > 0 && slices.Contains(a.Seen, a.Alters[0]) && !foretold && !blind
}

// shown says that a refusal does not rest on the attempt alone: somebody else
// passes, or need not.
func shown(a probes.Arms) bool {
	if a.Positive == reached() {
		return true
	}
	record := a.Record == targets.Denies
	if a.Attempt.Layer == targets.SCP {
		return a.Waived && (record || a.Prediction.Organization == targets.Denies)
	}
	return a.Waived && slices.Contains(byWhoAsks(), a.Attempt.Layer) &&
		(len(a.Alters) == 0 || record || a.Prediction.Real.Says == targets.Denies)
}

func blocked(a probes.Arms) bool {
	return a.Attempt.Class == targets.Denied && slices.Contains(a.Expect, a.Attempt.Layer) &&
		isProven(a) && a.Target == targets.Proven && a.Baseline == reached() && shown(a) && refused(a) && a.State == probes.StateUnchanged &&
		a.IdentityAfter == targets.Proven && !allowedOtherwise(a) && a.Record != targets.Allows && !sessionDecides(a) && !requestDecides(a) && !otherwiseSeen(a) &&
		(!a.Ghost || says(&a.Prediction.Real, targets.Denies) && says(a.Prediction.Ghost, targets.Denies))
}

// permitted says when an experiment shows that the control failed.
func permitted(a probes.Arms) bool {
	if isThrough(a.Attempt) && !isProven(a) || a.State == probes.StateChangedByArm {
		return false
	}
	if a.State == probes.StateChangedByUs || a.Attempt == mutated() {
		return true
	}
	trusted := refused(a) || !a.Null && (a.Technique == probes.DryRun || a.Technique == "")
	return a.Attempt == reached() && trusted && !a.Unexercised && (!a.Ghost || says(&a.Prediction.Real, targets.Allows) && says(a.Prediction.Ghost, targets.Allows))
}

// outcome is what the contract says.
func outcome(a probes.Arms) probes.Outcome {
	switch {
	case blocked(a):
		return probes.Blocked
	case permitted(a):
		return probes.Permitted
	}
	return probes.Inconclusive
}

// holds compares the rule with the contract.
func holds(t interface{ Fatalf(string, ...any) }, a probes.Arms) {
	got := probes.Judge(a)
	if want := outcome(a); got.Outcome != want {
		t.Fatalf("%s (%s), want %s: %+v", got.Outcome, got.Reason, want, a)
	}
	if got.Reason == "" || got.Outcome == probes.Inconclusive && isThrough(a.Attempt) && !got.Urgent {
		t.Fatalf("no reason, or a yes that nobody is told of: %+v of %+v", got, a)
	}
	if got.Reason == probes.ReasonOpenOtherwise && len(got.Open) == 0 || got.Reason == probes.ReasonArmsMissing && len(got.Missing) == 0 {
		t.Fatalf("it does not say what: %+v", got)
	}
}

// TestJudge goes through every answer of the attempt with every proof, every
// state, and every answer of each other arm.
func TestJudge(t *testing.T) {
	n := 0
	check := func(a probes.Arms) {
		n++
		holds(t, a)
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

// TestJudgePredictions goes through every prediction with every technique,
// kind of negative arm, waiver, and answer that the steps tell apart.
func TestJudgePredictions(t *testing.T) {
	n := 0
	bools := []bool{false, true}
	for _, attempt := range few() {
		for _, negative := range few() {
			for _, technique := range techniques() {
				for _, null := range bools {
					for _, ghost := range bools {
						for _, real := range opinions() {
							for _, other := range opinions() {
								for _, cell := range cells() {
									a := sound()
									a.Attempt, a.Negative, a.Technique, a.Null, a.Ghost = attempt, negative, technique, null, ghost
									a.Expect = []targets.Layer{targets.Authorization, targets.SCP}
									a.Prediction = predicted(real, other, targets.Authorization)
									cell(&a, other)
									n++
									holds(t, a)
								}
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d experiments", n)
}

// cells change one more thing about an experiment; the opinion is the one that
// is varied.
func cells() []func(*probes.Arms, targets.Opinion) {
	also := func(attempted bool) func(*probes.Arms, targets.Opinion) {
		return func(a *probes.Arms, o targets.Opinion) {
			a.Prediction.Also = []probes.Forecast{{Says: targets.Denies}, {Says: o, Attempted: attempted}}
		}
	}
	waived := func(a *probes.Arms, _ targets.Opinion) {
		a.Waived, a.Positive, a.Alters = true, probes.Answer{}, []string{"s3:x-amz-acl"}
	}
	return []func(*probes.Arms, targets.Opinion){
		func(*probes.Arms, targets.Opinion) {},
		also(false),
		also(true),
		func(a *probes.Arms, _ targets.Opinion) { a.Prediction.Covers = nil },
		func(a *probes.Arms, _ targets.Opinion) { a.Prediction.Ghost = nil },
		waived,
		func(a *probes.Arms, o targets.Opinion) { waived(a, o); a.Record = o },
		func(a *probes.Arms, o targets.Opinion) { waived(a, o); a.Prediction.Organization = o },
		func(a *probes.Arms, o targets.Opinion) { waived(a, o); a.Alters = nil },
		func(a *probes.Arms, _ targets.Opinion) { a.Unexercised = true },
		func(a *probes.Arms, _ targets.Opinion) { a.Cut = true },
		func(a *probes.Arms, _ targets.Opinion) {
			a.Prediction.Lacks, a.Prediction.Unsaid = []string{"aws:SourceIp"}, []string{"s3:prefix", "aws:SourceIp"}
		},
		func(a *probes.Arms, o targets.Opinion) {
			a.Prediction.Unsaid, a.Alters, a.Record = []string{"s3:x-amz-acl"}, []string{"s3:x-amz-acl"}, o
		},
		func(a *probes.Arms, _ targets.Opinion) {
			a.Prediction.Unsaid, a.Carries = []string{"ecs:cluster"}, []string{"ecs:cluster"}
		},
		func(a *probes.Arms, _ targets.Opinion) { a.Prediction.Keyed = true },
		func(a *probes.Arms, o targets.Opinion) {
			a.Seen, a.Alters, a.Prediction.Organization = []string{"s3:x-amz-acl"}, []string{"s3:x-amz-acl"}, o
		},
		func(a *probes.Arms, _ targets.Opinion) {
			a.Seen, a.Alters, a.Prediction.Looks = []string{"s3:x-amz-acl"}, []string{"s3:x-amz-acl"}, []string{}
		},
		func(a *probes.Arms, _ targets.Opinion) { a.State = probes.StateChangedByArm },
		func(a *probes.Arms, _ targets.Opinion) { a.State = probes.StateChangedByUs },
	}
}

// arms draws any experiment at all.
func arms(t *rapid.T) probes.Arms {
	answer := func(name string) probes.Answer { return rapid.SampledFrom(answers()).Draw(t, name) }
	proof := func(name string) targets.Proof { return rapid.SampledFrom(proofs()).Draw(t, name) }
	forecast := func(name string) probes.Forecast {
		return probes.Forecast{Says: rapid.SampledFrom(opinions()).Draw(t, name), Attempted: rapid.Bool().Draw(t, name+" attempted")}
	}
	layers := rapid.SliceOf(rapid.SampledFrom(targets.Layers()))
	a := probes.Arms{
		Attempt: answer("attempt"), Technique: rapid.SampledFrom(techniques()).Draw(t, "technique"), Ghost: rapid.Bool().Draw(t, "ghost"), Unexercised: rapid.Bool().Draw(t, "unexercised"),
		IdentityBefore: proof("before"), IdentityAfter: proof("after"), Target: proof("target"),
		Baseline: answer("baseline"), Positive: answer("positive"), Negative: answer("negative"),
		Waived: rapid.Bool().Draw(t, "waived"), Null: rapid.Bool().Draw(t, "null"), State: rapid.SampledFrom(states()).Draw(t, "state"),
		Expect: layers.Draw(t, "expect"), Record: rapid.SampledFrom(opinions()).Draw(t, "record"),
		Prediction: probes.Prediction{
			Real: forecast("real"), Also: rapid.SliceOfN(rapid.Custom(func(*rapid.T) probes.Forecast { return forecast("also") }), 0, 3).Draw(t, "also"),
			Organization: rapid.SampledFrom(opinions()).Draw(t, "organization"), Covers: layers.Draw(t, "covers"),
		},
	}
	if rapid.Bool().Draw(t, "a ghost is predicted") {
		f := forecast("the ghost")
		a.Prediction.Ghost = &f
	}
	if rapid.Bool().Draw(t, "alters") {
		a.Alters = []string{"s3:x-amz-acl"}
	}
	if rapid.Bool().Draw(t, "carries") {
		a.Carries = []string{"aws:SourceIp"}
	}
	a.Prediction.Keyed = rapid.Bool().Draw(t, "keyed")
	a.Cut = rapid.Bool().Draw(t, "cut")
	if rapid.Bool().Draw(t, "seen") {
		a.Seen = []string{"s3:x-amz-acl"}
		a.Prediction.Looks = rapid.SampledFrom([][]string{nil, {}, {"aws:SourceIp"}, {"s3:x-amz-acl"}}).Draw(t, "looks")
	}
	if rapid.Bool().Draw(t, "lacks") {
		a.Prediction.Lacks = []string{"aws:SourceIp"}
	}
	if rapid.Bool().Draw(t, "unsaid") {
		a.Prediction.Unsaid = append([]string{"s3:prefix", "s3:x-amz-acl"}, rapid.SampledFrom([][]string{nil, {"aws:SourceIp"}}).Draw(t, "of the session")...)
	}
	// Most drawn experiments are hopeless: half of them begin with a sound one.
	if rapid.Bool().Draw(t, "sound") {
		s := sound()
		a.IdentityBefore, a.IdentityAfter, a.Target, a.State, a.Baseline = s.IdentityBefore, s.IdentityAfter, s.Target, s.State, s.Baseline
		a.Expect = targets.Layers()
		a.Negative = denied(targets.Authorization)
		if a.Null {
			a.Negative = fenced()
		}
	}
	return a
}

// TestBlockedNeedsEveryCell: no combination of answers gives Blocked without
// every cell.
func TestBlockedNeedsEveryCell(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { holds(t, arms(t)) })
}

// TestGhostsNeedAPrediction: of a ghost nothing is Blocked, and (changes of
// state apart) nothing Permitted, unless the prediction agrees about the ghost
// and speaks of the real object.
func TestGhostsNeedAPrediction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := arms(t)
		a.Ghost = true
		got := probes.Judge(a)
		agrees := func(o targets.Opinion) bool { return says(&a.Prediction.Real, o) && says(a.Prediction.Ghost, o) }
		changed := a.State == probes.StateChangedByUs || a.Attempt == mutated()
		if got.Outcome == probes.Blocked && !agrees(targets.Denies) || got.Outcome == probes.Permitted && !changed && !agrees(targets.Allows) {
			t.Fatalf("%s of %+v", got.Outcome, a)
		}
	})
}

// TestUncoveredLayersAreNotContradicted: where no prediction covers the layer
// that refused, what it allows changes nothing.
func TestUncoveredLayersAreNotContradicted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := arms(t)
		a.Prediction.Covers = slices.DeleteFunc(a.Prediction.Covers, func(l targets.Layer) bool { return l == a.Attempt.Layer })
		if got := probes.Judge(a); got.Reason == probes.ReasonOpenOtherwise {
			t.Fatalf("%+v of %+v", got, a)
		}
	})
}

// TestUnknownSaysNothing: an opinion that is unknown is worth as much as none.
func TestUnknownSaysNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := arms(t)
		none, unknown := a, a
		none.Prediction = probes.Prediction{Covers: a.Prediction.Covers, Lacks: a.Prediction.Lacks, Unsaid: a.Prediction.Unsaid}
		unknown.Prediction = predicted(targets.Unsure, targets.Unsure, a.Prediction.Covers...)
		unknown.Prediction.Lacks, unknown.Prediction.Unsaid = a.Prediction.Lacks, a.Prediction.Unsaid
		unknown.Prediction.Also = []probes.Forecast{{Says: targets.Unsure}}
		if x, y := probes.Judge(none), probes.Judge(unknown); x.Outcome != y.Outcome || x.Reason != y.Reason {
			t.Fatalf("%+v and %+v of %+v", x, y, a)
		}
	})
}
