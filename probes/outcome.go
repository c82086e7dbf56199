package probes

// Outcome is the result of one attempt. The zero value is Inconclusive, so
// that nothing becomes a conclusion by being forgotten.
type Outcome int

// The outcomes.
const (
	Inconclusive Outcome = iota
	Blocked
	Permitted
	NotRun
)

// Verdict is the result for a control. The zero value is Unproven.
type Verdict int

// The verdicts.
const (
	Unproven Verdict = iota // rendered as "inconclusive"
	Effective
	Ineffective
)
