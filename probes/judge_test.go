package probes_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// sound is an experiment in which everything holds.
func sound() probes.Arms {
	return probes.Arms{
		Attempt: denied(targets.Authorization), Technique: probes.DryRun,
		IdentityBefore: targets.Proven, IdentityAfter: targets.Proven, Target: targets.Proven,
		Baseline: reached(), Positive: reached(), Negative: denied(targets.Authorization), State: probes.StateUnchanged,
		Expect: []targets.Layer{targets.Authorization},
	}
}

// through is an experiment in which the control fails.
func through() probes.Arms {
	a := sound()
	a.Attempt = reached()
	return a
}

func denied(l targets.Layer) probes.Answer { return probes.Answer{Class: targets.Denied, Layer: l} }
func reached() probes.Answer               { return probes.Answer{Class: targets.Reached} }
func mutated() probes.Answer               { return probes.Answer{Class: targets.Mutated} }

// fenced is what our own policy answers where every right was taken away.
func fenced() probes.Answer {
	return probes.Answer{Class: targets.HarnessDenied, Layer: targets.SessionPolicy}
}

// by changes an experiment so that another layer refuses, and counts.
func by(a probes.Arms, l targets.Layer) probes.Arms {
	a.Attempt, a.Expect = denied(l), []targets.Layer{l}
	return a
}

// predicted is a prediction of the real action, and of a ghost.
func predicted(real, ghost targets.Opinion, covers ...targets.Layer) probes.Prediction {
	return probes.Prediction{
		Real:  probes.Forecast{Action: targets.Action{Verb: "patch", Resource: "deployments.apps", Name: "api", Scope: "payments"}, Says: real},
		Ghost: &probes.Forecast{Says: ghost}, Covers: covers,
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
		"identity-before": func(a *probes.Arms) { a.IdentityBefore = targets.Unset },
		"identity-after":  func(a *probes.Arms) { a.IdentityAfter = targets.Unset },
		"target":          func(a *probes.Arms) { a.Target = targets.Unset },
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

// step is one experiment and what the rule says of it.
type step struct {
	arms probes.Arms
	want probes.Judgement
}

func check(t *testing.T, name string, s step) {
	t.Helper()
	if diff := cmp.Diff(s.want, probes.Judge(s.arms)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// with changes an experiment.
func with(a probes.Arms, change func(*probes.Arms)) probes.Arms {
	change(&a)
	return a
}

func TestStep1IdentityUnproven(t *testing.T) {
	for _, x := range []probes.Answer{reached(), mutated()} {
		check(t, string(x.Class), step{
			with(sound(), func(a *probes.Arms) { a.Attempt, a.IdentityAfter, a.State = x, targets.Failed, probes.StateChangedByUs }),
			probes.Judgement{Reason: probes.ReasonIdentityUnproven, Missing: []string{"identity-after", "state"}, Urgent: true},
		})
	}
}

func TestStep2StateChanged(t *testing.T) {
	for _, x := range []probes.Answer{reached(), denied(targets.Authorization), {Class: targets.Unreachable}} {
		check(t, "by this attempt", step{
			with(sound(), func(a *probes.Arms) { a.Attempt, a.State = x, probes.StateChangedByUs }),
			probes.Judgement{Outcome: probes.Permitted, Reason: probes.ReasonStateChanged, Urgent: true},
		})
		check(t, "by another arm", step{
			with(sound(), func(a *probes.Arms) { a.Attempt, a.State = x, probes.StateChangedByArm }),
			probes.Judgement{Reason: probes.ReasonArmMutated, Missing: []string{"state"}, Urgent: true},
		})
	}
}

func TestStep3Indiscriminate(t *testing.T) {
	permitted := probes.Judgement{Outcome: probes.Permitted, Reason: probes.ReasonReached}
	indiscriminate := probes.Judgement{Reason: probes.ReasonIndiscriminate, Missing: []string{"negative"}, Urgent: true}
	missing := probes.Judgement{Reason: probes.ReasonArmsMissing, Missing: []string{"negative"}, Urgent: true}
	arms := func(technique probes.Technique, null bool, negative probes.Answer) probes.Arms {
		return with(through(), func(a *probes.Arms) { a.Technique, a.Null, a.Negative = technique, null, negative })
	}
	unknown := probes.Answer{Class: targets.Throttled}
	for name, s := range map[string]step{
		"everybody gets the marker":                 {arms(probes.SelfDefeating, false, reached()), indiscriminate},
		"a session without rights gets it":          {arms(probes.SelfDefeating, true, reached()), indiscriminate},
		"even as the target's own dry run":          {arms(probes.DryRun, true, reached()), indiscriminate},
		"a dry run, and another person may":         {arms(probes.DryRun, false, reached()), permitted},
		"nobody's answer says nothing":              {arms(probes.SelfDefeating, false, unknown), missing},
		"nor does a session's without rights":       {arms(probes.SelfDefeating, true, unknown), missing},
		"nor does it under a dry run":               {arms(probes.DryRun, true, unknown), missing},
		"a dry run needs nobody's no":               {arms(probes.DryRun, false, unknown), permitted},
		"somebody is refused":                       {arms(probes.SelfDefeating, false, denied(targets.AdmissionPolicy)), permitted},
		"a session without rights is refused by us": {arms(probes.SelfDefeating, true, fenced()), permitted},
		"somebody else's refusal by our policy":     {arms(probes.SelfDefeating, false, fenced()), missing},
	} {
		check(t, name, s)
	}
}

func TestStep4Permitted(t *testing.T) {
	check(t, "reached", step{through(), probes.Judgement{Outcome: probes.Permitted, Reason: probes.ReasonReached}})
	check(t, "mutated", step{
		with(sound(), func(a *probes.Arms) { a.Attempt = mutated() }),
		probes.Judgement{Outcome: probes.Permitted, Reason: probes.ReasonMutated, Urgent: true},
	})
	for _, real := range opinions() {
		for _, ghost := range opinions() {
			want := probes.Judgement{Reason: probes.ReasonGhost, Urgent: true}
			if real == targets.Allows && ghost == targets.Allows {
				want = probes.Judgement{Outcome: probes.Permitted, Reason: probes.ReasonReached}
			}
			check(t, "a ghost: "+string(ghost)+", the real object: "+string(real), step{
				with(through(), func(a *probes.Arms) { a.Ghost, a.Prediction = true, predicted(real, ghost) }), want,
			})
		}
	}
	check(t, "a ghost of which nobody was asked", step{
		with(through(), func(a *probes.Arms) {
			a.Ghost, a.Prediction = true, probes.Prediction{Real: probes.Forecast{Says: targets.Allows}}
		}),
		probes.Judgement{Reason: probes.ReasonGhost, Urgent: true},
	})
	check(t, "a ghost that changed something", step{
		with(sound(), func(a *probes.Arms) { a.Ghost, a.Attempt = true, mutated() }),
		probes.Judgement{Outcome: probes.Permitted, Reason: probes.ReasonMutated, Urgent: true},
	})
}

func TestStep4NotExercised(t *testing.T) {
	check(t, "a yes", step{
		with(through(), func(a *probes.Arms) { a.Unexercised = true }), probes.Judgement{Reason: probes.ReasonNotExercised, Urgent: true},
	})
	check(t, "a no", step{
		with(sound(), func(a *probes.Arms) { a.Unexercised = true }), probes.Judgement{Outcome: probes.Blocked, Reason: probes.ReasonDenied},
	})
}

func TestStep5NotDenied(t *testing.T) {
	check(t, "throttled", step{
		with(sound(), func(a *probes.Arms) { a.Attempt = probes.Answer{Class: targets.Throttled} }), probes.Judgement{Reason: "throttled"},
	})
	check(t, "not made", step{
		with(sound(), func(a *probes.Arms) { a.Attempt = probes.Answer{} }), probes.Judgement{Reason: probes.ReasonNotAttempted},
	})
}

func TestStep6ArmsMissing(t *testing.T) {
	check(t, "a baseline that changed something", step{
		with(sound(), func(a *probes.Arms) { a.Baseline = mutated() }),
		probes.Judgement{Reason: probes.ReasonArmsMissing, Missing: []string{"baseline"}, Urgent: true},
	})
	check(t, "another writer", step{
		with(sound(), func(a *probes.Arms) { a.State = probes.StateChangedByOther }),
		probes.Judgement{Reason: probes.ReasonArmsMissing, Missing: []string{"state"}},
	})
	check(t, "a waiver, and a layer that decides by what is asked", step{
		with(by(sound(), targets.AdmissionPolicy), func(a *probes.Arms) { a.Waived, a.Positive = true, probes.Answer{} }),
		probes.Judgement{Reason: probes.ReasonArmsMissing, Missing: []string{"positive"}},
	})
	check(t, "a waiver, and a layer that decides by who asks", step{
		with(sound(), func(a *probes.Arms) { a.Waived, a.Positive = true, probes.Answer{} }),
		probes.Judgement{Outcome: probes.Blocked, Reason: probes.ReasonDenied},
	})
}

func TestStep7WrongLayer(t *testing.T) {
	check(t, "quota", step{
		with(sound(), func(a *probes.Arms) { a.Attempt.Layer = targets.Quota }), probes.Judgement{Reason: probes.ReasonWrongLayer},
	})
}

func TestStep8OpenOtherwise(t *testing.T) {
	also := func(says targets.Opinion, attempted bool) probes.Prediction {
		p := predicted(targets.Denies, "", targets.Authorization)
		p.Also = []probes.Forecast{{Action: targets.Action{Verb: "update", Resource: "deployments.apps", Name: "api", Scope: "payments"}, Says: says, Attempted: attempted}}
		return p
	}
	blocked := probes.Judgement{Outcome: probes.Blocked, Reason: probes.ReasonDenied}
	open := func(what string) probes.Judgement {
		return probes.Judgement{Reason: probes.ReasonOpenOtherwise, Open: []string{what}, Urgent: true}
	}
	for name, c := range map[string]struct {
		prediction probes.Prediction
		want       probes.Judgement
	}{
		"the very action":              {predicted(targets.Allows, "", targets.Authorization), open("patch deployments.apps api in payments")},
		"another verb":                 {also(targets.Allows, false), open("update deployments.apps api in payments")},
		"another verb, itself tried":   {also(targets.Allows, true), blocked},
		"another verb, denied":         {also(targets.Denies, false), blocked},
		"unknown contradicts nothing":  {also(targets.Unsure, false), blocked},
		"a layer that it cannot see":   {predicted(targets.Allows, "", targets.IdentityPolicy), blocked},
		"nobody was asked":             {probes.Prediction{Covers: []targets.Layer{targets.Authorization}}, blocked},
		"nothing is covered, all open": {predicted(targets.Allows, ""), blocked},
	} {
		check(t, name, step{with(sound(), func(a *probes.Arms) { a.Prediction = c.prediction }), c.want})
	}
}

func TestStep9Ghost(t *testing.T) {
	for _, real := range opinions() {
		for _, ghost := range opinions() {
			want := probes.Judgement{Reason: probes.ReasonGhost}
			if real == targets.Denies && ghost == targets.Denies {
				want = probes.Judgement{Outcome: probes.Blocked, Reason: probes.ReasonDenied}
			}
			check(t, "the ghost: "+string(ghost)+", the real object: "+string(real), step{
				with(sound(), func(a *probes.Arms) { a.Ghost, a.Prediction = true, predicted(real, ghost) }), want,
			})
		}
	}
}

func TestStep9NotCorroborated(t *testing.T) {
	waived := func(change func(*probes.Arms)) probes.Arms {
		a := by(sound(), targets.IdentityPolicy)
		a.Waived, a.Positive, a.Alters = true, probes.Answer{}, []string{"ssm:Overwrite"}
		change(&a)
		return a
	}
	blocked := probes.Judgement{Outcome: probes.Blocked, Reason: probes.ReasonDenied}
	notCorroborated := probes.Judgement{Reason: probes.ReasonNotCorroborated}
	for name, s := range map[string]step{
		"nobody's word":              {waived(func(*probes.Arms) {}), notCorroborated},
		"an unknown word":            {waived(func(a *probes.Arms) { a.Prediction, a.Record = predicted(targets.Unsure, ""), targets.Unsure }), notCorroborated},
		"the prediction's word":      {waived(func(a *probes.Arms) { a.Prediction = predicted(targets.Denies, "") }), blocked},
		"the decision record's word": {waived(func(a *probes.Arms) { a.Record = targets.Denies }), blocked},
		"nothing is altered":         {waived(func(a *probes.Arms) { a.Alters = nil }), blocked},
		"somebody passes with it":    {waived(func(a *probes.Arms) { a.Positive = reached() }), blocked},
	} {
		check(t, name, s)
	}
}

func TestStep9SCPTextUnseen(t *testing.T) {
	blocked := probes.Judgement{Outcome: probes.Blocked, Reason: probes.ReasonDenied, Limits: []string{probes.SCPTextUnseen}}
	missing := probes.Judgement{Reason: probes.ReasonNotCorroborated}
	waived := func(change func(*probes.Arms)) probes.Arms {
		return with(by(sound(), targets.SCP), func(a *probes.Arms) {
			a.Waived, a.Positive = true, probes.Answer{}
			change(a)
		})
	}
	for name, s := range map[string]step{
		"somebody passes":          {by(sound(), targets.SCP), blocked},
		"a waiver alone":           {waived(func(*probes.Arms) {}), missing},
		"a prediction of the rest": {waived(func(a *probes.Arms) { a.Prediction = predicted(targets.Denies, "") }), missing},
		"the organization's word":  {waived(func(a *probes.Arms) { a.Prediction.Organization = targets.Denies }), blocked},
		"the decision record":      {waived(func(a *probes.Arms) { a.Record = targets.Denies }), blocked},
	} {
		check(t, name, s)
	}
}

// TestStep8SessionDiffers: a refusal by rules that look at what our session lacks
// may be one of our session alone.
func TestStep8SessionDiffers(t *testing.T) {
	lacking := func(change func(*probes.Arms)) probes.Arms {
		return with(by(sound(), targets.IdentityPolicy), func(a *probes.Arms) {
			a.Prediction = predicted(targets.Unsure, "", targets.IdentityPolicy)
			a.Prediction.Lacks, a.Prediction.Unsaid = []string{"aws:SourceIp"}, []string{"aws:sourceip"}
			change(a)
		})
	}
	differs := probes.Judgement{Reason: probes.ReasonSessionDiffers}
	blocked := probes.Judgement{Outcome: probes.Blocked, Reason: probes.ReasonDenied, Limits: []string{probes.SessionLacks + "aws:SourceIp"}}
	for name, s := range map[string]step{
		"nobody says that it is denied": {lacking(func(*probes.Arms) {}), differs},
		"they deny it all the same":     {lacking(func(a *probes.Arms) { a.Prediction.Real.Says = targets.Denies }), blocked},
		"not for this action": {lacking(func(a *probes.Arms) {
			a.Prediction.Unsaid, a.Carries = []string{"ecs:cluster"}, []string{"ecs:cluster"}
		}), blocked},
		"another layer refused": {lacking(func(a *probes.Arms) {
			a.Attempt.Layer = targets.ResourcePolicy
			a.Expect = append(a.Expect, targets.ResourcePolicy)
		}), blocked},
	} {
		check(t, name, s)
	}
}

// TestStep9DecidesBy: where the rules look at a key that the request does not carry
// as in life, or nobody knows at which they look, its refusal says nothing of a real
// one; that somebody else passes changes nothing.
func TestStep9DecidesBy(t *testing.T) {
	altering := func(unsaid string, change func(*probes.Arms)) probes.Arms {
		return with(by(sound(), targets.IdentityPolicy), func(a *probes.Arms) {
			a.Prediction = predicted(targets.Unsure, "", targets.IdentityPolicy)
			a.Prediction.Keyed, a.Prediction.Looks = true, []string{unsaid}
			a.Prediction.Unsaid, a.Alters, a.Carries = []string{unsaid}, []string{"aws:RequestTag", "iam:PermissionsBoundary"}, []string{"aws:username", "ecs:cluster"}
			change(a)
		})
	}
	nothing := func(*probes.Arms) {}
	not, blocked := probes.Judgement{Reason: probes.ReasonNotCorroborated}, probes.Judgement{Outcome: probes.Blocked, Reason: probes.ReasonDenied}
	for name, s := range map[string]step{
		"a key that is altered":          {altering("iam:permissionsboundary", nothing), not},
		"a key of a kind":                {altering("aws:RequestTag/team", nothing), not},
		"a key that is as in life":       {altering("ECS:cluster", nothing), blocked},
		"a key of which nobody knows":    {altering("ec2:Encrypted", nothing), not},
		"nobody says at which they look": {altering("aws:username", func(a *probes.Arms) { a.Prediction.Looks, a.Prediction.Unsaid = nil, nil }), not},
		"they look at nothing":           {altering("aws:username", func(a *probes.Arms) { a.Prediction.Looks, a.Prediction.Unsaid = []string{}, nil }), blocked},
		"of a layer that they do not cover": {altering("ec2:Encrypted", func(a *probes.Arms) {
			a.Attempt.Layer, a.Expect, a.Alters = targets.ResourcePolicy, []targets.Layer{targets.ResourcePolicy}, []string{"ec2:Encrypted"}
		}), probes.Judgement{Outcome: probes.Blocked, Reason: probes.ReasonDenied, Limits: []string{probes.RequestAlters + "ec2:Encrypted"}}},
		"of such a layer, recorded": {altering("ec2:Encrypted", func(a *probes.Arms) {
			a.Attempt.Layer, a.Expect, a.Record = targets.ResourcePolicy, []targets.Layer{targets.ResourcePolicy}, targets.Denies
		}), blocked},
		"they deny it all the same": {altering("iam:PermissionsBoundary", func(a *probes.Arms) { a.Prediction.Real.Says = targets.Denies }), blocked},
		// Of a key that is left out, it shows nothing.
		"the decision record": {altering("iam:PermissionsBoundary", func(a *probes.Arms) { a.Record = targets.Denies }), not},
		"the record saw what is altered": {altering("aws:username", func(a *probes.Arms) {
			a.Record, a.Seen, a.Prediction.Keyed, a.Prediction.Looks = targets.Denies, []string{"aws:RequestTag/team"}, false, nil
		}), not},
		"it saw what is as in life": {altering("aws:username", func(a *probes.Arms) { a.Record, a.Seen = targets.Denies, []string{"aws:userid"} }), blocked},
		"it saw what nobody looks at": {altering("aws:username", func(a *probes.Arms) {
			a.Record, a.Seen, a.Prediction.Looks = targets.Denies, []string{"aws:RequestTag/team"}, []string{"aws:username"}
		}), blocked},
		"it saw what the policies look at": {altering("aws:username", func(a *probes.Arms) {
			a.Record, a.Seen, a.Prediction.Looks = targets.Denies, []string{"aws:RequestTag/team"}, []string{"aws:requesttag/team"}
		}), not},
		"it saw, and the rules deny": {altering("aws:username", func(a *probes.Arms) {
			a.Record, a.Seen, a.Prediction.Real.Says = targets.Denies, []string{"aws:RequestTag/team"}, targets.Denies
		}), blocked},
		"the organization's, seen": {with(altering("aws:username", func(a *probes.Arms) {
			a.Record, a.Seen, a.Prediction.Real.Says = targets.Denies, []string{"aws:RequestTag/team"}, targets.Denies
		}), func(a *probes.Arms) { a.Attempt.Layer, a.Expect = targets.SCP, []targets.Layer{targets.SCP} }), not},
	} {
		check(t, name, s)
	}
}
