package reports

import (
	"errors"
	"io"
	"iter"

	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// Each yields every attempt of a journal, in its order, with the arms that it refers
// to. Its memory is bounded by the arms that several attempts share. A torn last line
// ends it, and an error is the last that it yields.
func Each(r io.Reader) iter.Seq2[Attempt, error] {
	return func(yield func(Attempt, error) bool) {
		arms := sharedArms{}
		for line, err := range journal.Read(r) {
			if errors.Is(err, journal.ErrTorn) {
				return
			}
			var a Attempt
			found := false
			if err == nil {
				a, found, err = arms.add(line)
			}
			if (err != nil || found) && (!yield(a, err) || err != nil) {
				return
			}
		}
	}
}

// sharedArms are those that an observation may still refer to, by their ids.
type sharedArms map[string]journal.ArmRecord

// add takes a line, and returns the attempt that it ends, if it ends one.
func (all sharedArms) add(line journal.Line) (a Attempt, ends bool, err error) {
	switch line.Type { //nolint:exhaustive // the other lines are no part of an attempt
	case journal.TypeArm:
		var arm journal.ArmRecord
		err = journal.Decode(line.Body, &arm)
		all[arm.ID] = arm
	case journal.TypeObservation:
		var o journal.Observation
		if err = journal.Decode(line.Body, &o); err == nil {
			return all.attempt(line.Seq+1, o), true, nil
		}
	}
	return Attempt{}, false, err
}

// attempt is an observation with its arms. Those that nobody else refers to are
// forgotten.
func (all sharedArms) attempt(line int64, o journal.Observation) Attempt {
	a := Attempt{Observation: o, Line: line}
	for _, arm := range []targets.Arm{targets.ArmAttempt, targets.ArmBaseline, targets.ArmPositive, targets.ArmNegative} {
		for _, id := range o.Refs[string(arm)] {
			record, ok := all[id]
			if !ok {
				continue
			}
			a.Evidence = append(a.Evidence, record)
			if record.N >= 0 {
				delete(all, id)
			}
		}
	}
	return a
}
