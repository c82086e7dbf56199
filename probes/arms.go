package probes

import (
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// Answer is what one arm gave. The zero value is an arm that did not run.
type Answer struct {
	Class targets.Class `json:"class,omitempty"`
	Layer targets.Layer `json:"layer,omitempty"`
}

// StateChange compares the target before and after.
type StateChange string

// What became of the state. The zero value means that it was not read twice.
const (
	StateUnread         StateChange = ""
	StateUnchanged      StateChange = "unchanged"
	StateChangedByUs    StateChange = "changed-by-us"          // by this very attempt
	StateChangedByArm   StateChange = "changed-by-another-arm" // of this run
	StateChangedByOther StateChange = "changed-by-another-writer"
)

// Arms is everything the verdict rule looks at: one attempt, the cells of the
// experiment around it, and what the target's own rules say of it.
type Arms struct {
	Attempt Answer `json:"attempt"`
	// Technique is the probe's; "" in records of before it was recorded.
	Technique Technique `json:"technique,omitempty"`
	// Ghost says that the request names an object that does not exist.
	Ghost bool `json:"ghost,omitempty"`
	// Unexercised says that the target has a control which the attempt's request
	// cannot reach.
	Unexercised bool `json:"unexercised,omitempty"`
	// Alters names the condition keys that the request alters or omits, and
	// that the layer may decide by.
	Alters []string `json:"alters,omitempty"`
	// Carries names the condition keys that the request carries as a real one does.
	Carries []string `json:"carries,omitempty"`
	// IdentityBefore and IdentityAfter: whoami equals the approved principal.
	IdentityBefore targets.Proof `json:"identity_before,omitempty"`
	IdentityAfter  targets.Proof `json:"identity_after,omitempty"`
	// Cut says that the run was killed before anybody was asked again who the
	// identity is: what it got through stands, and nothing that it was refused.
	Cut bool `json:"cut,omitempty"`
	// Target: the object under attack was shown to exist, by the observer.
	Target   targets.Proof `json:"target,omitempty"`
	Baseline Answer        `json:"baseline"`
	Positive Answer        `json:"positive"`
	// Waived says that the signed scenario waives the positive arm.
	Waived   bool   `json:"waived,omitempty"`
	Negative Answer `json:"negative"`
	// Null says that the negative arm is the identity's own, with every right
	// taken away: refused by that, the system decides before it validates.
	Null  bool        `json:"null,omitempty"`
	State StateChange `json:"state,omitempty"`
	// Expect lists the layers that count.
	Expect []targets.Layer `json:"expect"`
	// Prediction is the authorizer's own opinion, Record the target's own
	// record of the decision, and Seen the condition keys that it saw.
	Prediction Prediction      `json:"prediction,omitzero"`
	Record     targets.Opinion `json:"record,omitempty"`
	Seen       []string        `json:"seen,omitempty"`
}

// proven reports whether the attempt was made as whom the scenario approves.
func (a Arms) proven() bool {
	return a.IdentityBefore == targets.Proven && (a.IdentityAfter == targets.Proven || a.Cut && a.IdentityAfter == targets.Unset)
}

// missing names every arm that does not hold, in a fixed order.
func (a Arms) missing() []string {
	var out []string
	for _, arm := range []struct {
		holds bool
		name  string
	}{
		{a.IdentityBefore == targets.Proven, "identity-before"},
		{a.IdentityAfter == targets.Proven, "identity-after"},
		{a.Target == targets.Proven, "target"},
		{a.Baseline.Class == targets.Reached, "baseline"},
		{a.Positive.Class == targets.Reached || a.waives(), "positive"},
		{a.refusable(), "negative"},
		{a.State == StateUnchanged, "state"},
	} {
		if !arm.holds {
			out = append(out, arm.name)
		}
	}
	return out
}

// waives reports whether the refusal stands without the positive arm: the
// scenario waives it, and the layer decides by who asks. A service control
// policy may decide by what is asked, so it is corroborated besides.
func (a Arms) waives() bool {
	layer := a.Attempt.Layer
	return a.Waived && a.Positive.Class != targets.Reached && (layer.NamesSubject() || layer == targets.SCP)
}

// corroborated reports whether something beside the answer says that the real
// action is denied.
func (a Arms) corroborated() bool { return a.foretold() || a.Record == targets.Denies }

// foretold reports whether the rules deny the real action, in the context of a
// real attack.
func (a Arms) foretold() bool {
	if a.Attempt.Layer == targets.SCP {
		return a.Prediction.Organization == targets.Denies
	}
	return a.Prediction.Real.Says == targets.Denies
}

// otherwiseSeen reports whether the target's own record shows that its decision
// saw a key which the request alters: a real one it may decide otherwise, unless
// it is known that what refused does not look at the key.
func (a Arms) otherwiseSeen() bool {
	known := a.Attempt.Layer == targets.IdentityPolicy && a.Prediction.Looks != nil
	return slices.ContainsFunc(a.Seen, func(key string) bool {
		looks := slices.ContainsFunc(a.Prediction.Looks, func(other string) bool { return strings.EqualFold(other, key) })
		return among(a.Alters, key) && (looks || !known)
	})
}

// refusable reports whether the negative arm shows that the system can refuse
// this very request.
func (a Arms) refusable() bool {
	if a.Null {
		return a.Negative == Answer{targets.HarnessDenied, targets.SessionPolicy}
	}
	return a.Negative.Class == targets.Denied && slices.Contains(targets.Layers(), a.Negative.Layer)
}

// needsNegative reports whether a yes counts only beside somebody's no. What
// is validated before it is authorized looks the same to everybody; the
// target's own dry run decides in full, unless rights were taken away to show
// that it does.
func (a Arms) needsNegative() bool {
	return a.Null || a.Technique != "" && a.Technique != DryRun
}

// indiscriminate reports whether the negative arm got through as well. Under
// the target's own dry run that says only that another person may do it, too.
func (a Arms) indiscriminate() bool {
	return a.Technique != "" && a.needsNegative() && a.Negative.through()
}

// mutated reports whether any arm changed something: somebody has to look at
// it now, whatever the outcome.
func (a Arms) mutated() bool {
	return slices.ContainsFunc(
		[]Answer{a.Attempt, a.Baseline, a.Positive, a.Negative},
		func(x Answer) bool { return x.Class == targets.Mutated },
	)
}

// through reports whether no control refused.
func (a Answer) through() bool { return a.Class == targets.Reached || a.Class == targets.Mutated }

// reason is the class of an answer that proves nothing; "not-attempted" where
// there is none.
func (a Answer) reason() Reason {
	if a.Class == "" {
		return ReasonNotAttempted
	}
	return Reason(a.Class)
}
