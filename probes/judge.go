package probes

import "github.com/sodprobe/sodprobe/targets"

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
	Waived   bool        `json:"waived,omitempty"`
	Negative Answer      `json:"negative"`
	State    StateChange `json:"state,omitempty"`
	// Expect lists the layers that count.
	Expect []targets.Layer `json:"expect"`
}

// Judgement is the outcome of one attempt and why.
type Judgement struct {
	Outcome Outcome `json:"outcome"`
	// Reason is a short code: "denied", "reached", "mutated", "state-changed",
	// "identity-unproven", "wrong-layer", a class, or "arms-missing".
	Reason string `json:"reason"`
	// Missing names every arm that did not hold, in a fixed order.
	Missing []string `json:"missing,omitempty"`
	// Urgent marks what somebody must look at now.
	Urgent bool `json:"urgent,omitempty"`
}
