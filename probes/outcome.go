package probes

import "fmt"

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

// Outcomes returns the closed list.
func Outcomes() []Outcome { return []Outcome{Inconclusive, Blocked, Permitted, NotRun} }

// String returns the outcome's name. A value that is not on the list is
// Inconclusive.
func (o Outcome) String() string {
	switch o {
	case Blocked:
		return "Blocked"
	case Permitted:
		return "Permitted"
	case NotRun:
		return "NotRun"
	case Inconclusive:
	}
	return "Inconclusive"
}

// MarshalText implements encoding.TextMarshaler.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. An unknown name is an
// error.
func (o *Outcome) UnmarshalText(text []byte) error {
	for _, known := range Outcomes() {
		if known.String() == string(text) {
			*o = known
			return nil
		}
	}
	return fmt.Errorf("%q is not an outcome", text)
}

// OfRecovered is the verdict of a run that was killed and closed afterwards: what
// it found open stands, and nothing else is proven by it.
func (v Verdict) OfRecovered() Verdict {
	if v == Effective {
		return Unproven
	}
	return v
}

// Verdict is the result for a control. The zero value is Unproven.
type Verdict int

// The verdicts.
const (
	Unproven Verdict = iota // rendered as "inconclusive"
	Effective
	Ineffective
)

// Verdicts returns the closed list.
func Verdicts() []Verdict { return []Verdict{Unproven, Effective, Ineffective} }

// String returns the verdict's name. A value that is not on the list is
// inconclusive.
func (v Verdict) String() string {
	switch v {
	case Effective:
		return "effective"
	case Ineffective:
		return "ineffective"
	case Unproven:
	}
	return "inconclusive"
}

// MarshalText implements encoding.TextMarshaler.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. An unknown name is an
// error.
func (v *Verdict) UnmarshalText(text []byte) error {
	for _, known := range Verdicts() {
		if known.String() == string(text) {
			*v = known
			return nil
		}
	}
	return fmt.Errorf("%q is not a verdict", text)
}

// Tally counts outcomes. The zero value is an empty set.
type Tally struct {
	Blocked      int64 `json:"blocked"`
	Permitted    int64 `json:"permitted"`
	Inconclusive int64 `json:"inconclusive"`
	NotRun       int64 `json:"not_run"`
}

// Add counts one outcome. A value that is not on the list counts as
// Inconclusive.
func (t *Tally) Add(o Outcome) {
	switch o {
	case Blocked:
		t.Blocked++
	case Permitted:
		t.Permitted++
	case NotRun:
		t.NotRun++
	case Inconclusive:
		t.Inconclusive++
	default:
		t.Inconclusive++
	}
}

// Merge adds another tally.
func (t *Tally) Merge(u Tally) {
	t.Blocked += u.Blocked
	t.Permitted += u.Permitted
	t.Inconclusive += u.Inconclusive
	t.NotRun += u.NotRun
}

// Len is the number of outcomes counted.
func (t Tally) Len() int64 { return t.Blocked + t.Permitted + t.Inconclusive + t.NotRun }

// Counts returns the tally by outcome, every outcome present.
func (t Tally) Counts() map[Outcome]int64 {
	return map[Outcome]int64{
		Blocked: t.Blocked, Permitted: t.Permitted, Inconclusive: t.Inconclusive, NotRun: t.NotRun,
	}
}

// Verdict combines the outcomes by Kleene's three-valued "and": one Permitted
// makes the control ineffective, else one Inconclusive or NotRun makes it
// inconclusive. An empty set proves nothing.
func (t Tally) Verdict() Verdict {
	switch {
	case t.Permitted > 0:
		return Ineffective
	case t.Inconclusive > 0 || t.NotRun > 0 || t.Blocked == 0:
		return Unproven
	default:
		return Effective
	}
}
