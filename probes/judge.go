package probes

import (
	"slices"

	"github.com/sodprobe/sodprobe/targets"
)

// RuleVersion is the version of the verdict rule. Records of version 0 hold no
// technique and no prediction, and those of version 1 not what a prediction tells
// beside its opinion; they are judged without. Since version 3 a key that a request
// is not known to carry counts as one that it alters.
const RuleVersion = 3

// Reason is why an attempt has its outcome: one of the words below, or the
// class of an answer that proves nothing.
type Reason string

// The reasons.
const (
	ReasonDenied           Reason = "denied"
	ReasonReached          Reason = "reached"
	ReasonMutated          Reason = "mutated"
	ReasonStateChanged     Reason = "state-changed"
	ReasonIdentityUnproven Reason = "identity-unproven"
	// ReasonArmMutated: what stands there now carries the mark of another arm.
	ReasonArmMutated Reason = "arm-mutated"
	// ReasonIndiscriminate: somebody without any right got the same answer.
	ReasonIndiscriminate Reason = "indiscriminate"
	ReasonArmsMissing    Reason = "arms-missing"
	ReasonWrongLayer     Reason = "wrong-layer"
	// ReasonOpenOtherwise: the rules allow the action, or another one that has
	// the same effect.
	ReasonOpenOtherwise Reason = "open-otherwise"
	// ReasonNotExercised: the attempt was let through, and the target has a
	// control that the request leaves out.
	ReasonNotExercised Reason = "admission-not-exercised"
	// ReasonRecordDiffers: the target's own record of its decision says something
	// else than its answer.
	ReasonRecordDiffers Reason = "record-differs"
	// ReasonGhost: the request names what does not exist, and no prediction
	// carries its answer over to the real object.
	ReasonGhost Reason = "ghost"
	// ReasonNotCorroborated: the request differs from a real one in something that
	// the control decides by, or may decide by where nobody showed that it would
	// pass.
	ReasonNotCorroborated Reason = "not-corroborated"
	// ReasonSessionDiffers: the rules that refused look at something of a session
	// that ours does not carry, so that they may let a real one through.
	ReasonSessionDiffers Reason = "session-differs"
	ReasonNotAttempted   Reason = "not-attempted"
	ReasonNotRun         Reason = "not-run"
	// ReasonTargetMissing: what the attempt needs does not exist, so nothing
	// was sent.
	ReasonTargetMissing Reason = "target-missing"
	// ReasonIndeterminate: the run was killed before the answer was judged.
	ReasonIndeterminate Reason = "indeterminate"
)

// SCPTextUnseen limits a block by a service control policy: a member account
// cannot read the policy's text.
const SCPTextUnseen = "scp-text-unseen"

// SessionLacks begins the limit of a block where the identity's rules look at a
// key that our session does not carry: of another request they may say otherwise.
const SessionLacks = "session-lacks: "

// RequestAlters begins the limit of a block by a policy that nobody can look into,
// where the request alters a key that it may decide by.
const RequestAlters = "request-alters: "

// Judgement is the outcome of one attempt and why.
type Judgement struct {
	Outcome Outcome `json:"outcome"`
	Reason  Reason  `json:"reason"`
	// Missing names every arm that did not hold, in a fixed order.
	Missing []string `json:"missing,omitempty"`
	// Open names the actions that the rules allow, with ReasonOpenOtherwise.
	Open []string `json:"open,omitempty"`
	// Limits are what the outcome leaves unseen.
	Limits []string `json:"limits,omitempty"`
	// Urgent marks what somebody must look at now.
	Urgent bool `json:"urgent,omitempty"`
}

// Judge is the verdict rule. It is pure, and the only place where Blocked is
// given: every cell of the experiment has to hold for it. The order of its
// steps is part of the rule.
func Judge(a Arms) Judgement {
	switch {
	case a.Attempt.through() && !a.proven():
		return a.inconclusive(ReasonIdentityUnproven, true)
	case a.State == StateChangedByUs:
		return Judgement{Outcome: Permitted, Reason: ReasonStateChanged, Urgent: true}
	case a.State == StateChangedByArm:
		return a.inconclusive(ReasonArmMutated, true)
	case a.Attempt.Class == targets.Reached:
		return a.reached()
	case a.Attempt.Class == targets.Mutated:
		return Judgement{Outcome: Permitted, Reason: ReasonMutated, Urgent: true}
	case a.Attempt.Class != targets.Denied:
		return a.inconclusive(a.Attempt.reason(), a.mutated())
	}
	return a.denied()
}

// reached judges an attempt that only its own safety device stopped.
func (a Arms) reached() Judgement {
	switch {
	case a.indiscriminate():
		return a.inconclusive(ReasonIndiscriminate, true)
	case a.needsNegative() && !a.refusable():
		return a.inconclusive(ReasonArmsMissing, true)
	case a.Unexercised:
		return a.inconclusive(ReasonNotExercised, true)
	case a.Ghost && !a.Prediction.ghost(targets.Allows):
		return a.inconclusive(ReasonGhost, true)
	}
	return Judgement{Outcome: Permitted, Reason: ReasonReached, Urgent: a.mutated()}
}

// denied judges an attempt that a control refused.
func (a Arms) denied() Judgement {
	if missing := a.missing(); len(missing) > 0 {
		return Judgement{Reason: ReasonArmsMissing, Missing: missing, Urgent: a.mutated()}
	}
	if !slices.Contains(a.Expect, a.Attempt.Layer) {
		return Judgement{Reason: ReasonWrongLayer}
	}
	if open := a.Prediction.Open(); len(open) > 0 && slices.Contains(a.Prediction.Covers, a.Attempt.Layer) {
		return Judgement{Reason: ReasonOpenOtherwise, Open: open, Urgent: true}
	}
	if a.Record == targets.Allows {
		return Judgement{Reason: ReasonRecordDiffers, Urgent: true}
	}
	if a.Prediction.unlike(a.Attempt.Layer) {
		return Judgement{Reason: ReasonSessionDiffers}
	}
	if a.Ghost && !a.Prediction.ghost(targets.Denies) {
		return Judgement{Reason: ReasonGhost}
	}
	if a.Prediction.decidesBy(a.Carries, a.Attempt.Layer) || a.otherwiseSeen() && !a.foretold() {
		return Judgement{Reason: ReasonNotCorroborated}
	}
	if a.waives() && (len(a.Alters) > 0 || a.Attempt.Layer == targets.SCP) && !a.corroborated() {
		return Judgement{Reason: ReasonNotCorroborated}
	}
	j := Judgement{Outcome: Blocked, Reason: ReasonDenied}
	if a.Attempt.Layer == targets.SCP {
		j.Limits = []string{SCPTextUnseen}
	}
	for _, key := range a.Prediction.Lacks {
		j.Limits = append(j.Limits, SessionLacks+key)
	}
	if p := a.Prediction; p.Keyed && !slices.Contains(p.Covers, a.Attempt.Layer) && !a.corroborated() {
		for _, key := range a.Alters {
			j.Limits = append(j.Limits, RequestAlters+key)
		}
	}
	return j
}

func (a Arms) inconclusive(why Reason, urgent bool) Judgement {
	return Judgement{Reason: why, Missing: a.missing(), Urgent: urgent}
}
