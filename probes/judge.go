package probes

import (
	"slices"

	"github.com/sodprobe/sodprobe/targets"
)

// Answer is what one arm gave. The zero value is an arm that did not run.
type Answer struct {
	Class targets.Class `json:"class,omitempty"`
	Layer targets.Layer `json:"layer,omitempty"`
}

// Proof is the answer to a yes-or-no question about the experiment. The zero
// value means that nobody asked.
type Proof string

// The proofs.
const (
	Unset  Proof = ""
	Proven Proof = "proven"
	Failed Proof = "failed"
)

// StateChange compares the target before and after.
type StateChange string

// What became of the state. The zero value means that it was not read twice.
const (
	StateUnread         StateChange = ""
	StateUnchanged      StateChange = "unchanged"
	StateChangedByUs    StateChange = "changed-by-us"
	StateChangedByOther StateChange = "changed-by-another-writer"
)

// Arms is everything the verdict rule looks at: one attempt and the cells of
// the experiment around it.
type Arms struct {
	Attempt Answer `json:"attempt"`
	// IdentityBefore and IdentityAfter: whoami equals the approved principal.
	IdentityBefore Proof `json:"identity_before,omitempty"`
	IdentityAfter  Proof `json:"identity_after,omitempty"`
	// Target: the object under attack was shown to exist, by the observer.
	Target   Proof  `json:"target,omitempty"`
	Baseline Answer `json:"baseline"`
	Positive Answer `json:"positive"`
	// Waived says that the signed scenario waives the positive arm.
	Waived   bool   `json:"waived,omitempty"`
	Negative Answer `json:"negative"`
	// Null says that the negative arm is the identity's own, with every right
	// taken away: refused by that, the system decides before it validates.
	Null  bool        `json:"null,omitempty"`
	State StateChange `json:"state,omitempty"`
	// Expect lists the layers that count.
	Expect []targets.Layer `json:"expect"`
}

// Judgement is the outcome of one attempt and why.
type Judgement struct {
	Outcome Outcome `json:"outcome"`
	// Reason is a short code: "denied", "reached", "mutated", "state-changed",
	// "identity-unproven", "wrong-layer", "arms-missing", "not-attempted", or
	// the class of an answer that proves nothing.
	Reason string `json:"reason"`
	// Missing names every arm that did not hold, in a fixed order.
	Missing []string `json:"missing,omitempty"`
	// Urgent marks what somebody must look at now.
	Urgent bool `json:"urgent,omitempty"`
}

// Judge is the verdict rule. It is pure, and the only place where Blocked is
// given: every cell of the experiment has to hold for it.
func Judge(a Arms) Judgement {
	proven := a.IdentityBefore == Proven && a.IdentityAfter == Proven
	switch {
	case (a.Attempt.Class == targets.Reached || a.Attempt.Class == targets.Mutated) && !proven:
		return Judgement{Reason: "identity-unproven", Missing: a.missing(), Urgent: true}
	case a.State == StateChangedByUs:
		return Judgement{Outcome: Permitted, Reason: "state-changed", Urgent: true}
	case a.Attempt.Class == targets.Reached && a.Null && !a.refusable():
		// What is validated before it is authorized looks the same to everybody.
		return Judgement{Reason: "arms-missing", Missing: a.missing(), Urgent: true}
	case a.Attempt.Class == targets.Reached || a.Attempt.Class == targets.Mutated:
		return Judgement{Outcome: Permitted, Reason: string(a.Attempt.Class), Urgent: a.mutated()}
	case a.Attempt.Class != targets.Denied:
		return Judgement{Reason: a.Attempt.reason(), Missing: a.missing(), Urgent: a.mutated()}
	}
	if missing := a.missing(); len(missing) > 0 {
		return Judgement{Reason: "arms-missing", Missing: missing, Urgent: a.mutated()}
	}
	if !slices.Contains(a.Expect, a.Attempt.Layer) {
		return Judgement{Reason: "wrong-layer"}
	}
	return Judgement{Outcome: Blocked, Reason: string(targets.Denied)}
}

// missing names every arm that does not hold, in a fixed order.
func (a Arms) missing() []string {
	var out []string
	for _, arm := range []struct {
		holds bool
		name  string
	}{
		{a.IdentityBefore == Proven, "identity-before"},
		{a.IdentityAfter == Proven, "identity-after"},
		{a.Target == Proven, "target"},
		{a.Baseline.Class == targets.Reached, "baseline"},
		{a.Positive.Class == targets.Reached || (a.Waived && a.Attempt.Layer.NamesSubject()), "positive"},
		{a.refusable(), "negative"},
		{a.State == StateUnchanged, "state"},
	} {
		if !arm.holds {
			out = append(out, arm.name)
		}
	}
	return out
}

// refusable reports whether the negative arm shows that the system can refuse
// this very request.
func (a Arms) refusable() bool {
	if a.Null {
		return a.Negative == Answer{targets.HarnessDenied, targets.SessionPolicy}
	}
	return a.Negative.Class == targets.Denied && slices.Contains(targets.Layers(), a.Negative.Layer)
}

// mutated reports whether any arm changed something: somebody has to look at
// it now, whatever the outcome.
func (a Arms) mutated() bool {
	return slices.ContainsFunc([]Answer{a.Attempt, a.Baseline, a.Positive, a.Negative}, func(x Answer) bool { return x.Class == targets.Mutated })
}

// reason is the class of an answer that proves nothing; "not-attempted" where
// there is none.
func (a Answer) reason() string {
	if a.Class == "" {
		return "not-attempted"
	}
	return string(a.Class)
}
