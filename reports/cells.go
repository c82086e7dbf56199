package reports

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// bracketed checks that what was asked before the attempt stands before it in
// the journal, and what was asked after it, after it; and that the attempt was
// made as whom the server saw.
func (c *checker) bracketed(o journal.Observation) error {
	id, made := c.attempts[o.N]
	if !made {
		return nil
	}
	if refs := o.Refs[string(targets.ArmAttempt)]; len(refs) != 1 || refs[0] != id {
		return errors.New("it does not refer to the attempt that was made")
	}
	delete(c.attempts, o.N)
	attempt := c.at[id]
	delete(c.at, id)
	for _, cell := range []string{"identity_before", "state_before", "exists", "prediction", "identity_after", "state_after", "exists_after"} {
		for _, ref := range o.Refs[cell] {
			if line, ok := c.at[ref]; ok && (line > attempt) != strings.HasSuffix(cell, "_after") {
				return fmt.Errorf("its %s stands on the wrong side of the attempt", cell)
			}
		}
	}
	for _, ref := range o.Refs["identity_before"] {
		who := c.identities[ref]
		if who.Proof == targets.Proven && who.Subject.Name != c.arms[id].Case.Subject {
			return fmt.Errorf("the attempt was judged as %q, the server saw %q", c.arms[id].Case.Subject, who.Subject.Name)
		}
	}
	return nil
}

// needed checks that whatever an attempt needs was shown to exist before it, and
// adds what the marks there say of the state.
func (c *checker) needed(o journal.Observation, state probes.StateChange) (probes.StateChange, error) {
	before, err := c.reads(o, "exists", "before")
	if err != nil {
		return state, err
	}
	after, err := c.reads(o, "exists_after", "after")
	if err != nil {
		return state, err
	}
	for _, read := range before {
		if read.MustExist && !read.Shown() {
			return state, fmt.Errorf("it needs %s, which was not shown to exist", read.Key)
		}
	}
	if err := c.asked(o); err != nil {
		return state, err
	}
	return journal.Elsewhere(state, before, after), nil
}

// asked checks that what was read is what the plan wants to be read.
func (c *checker) asked(o journal.Observation) error {
	if c.Planned == nil || c.start.Rule == 0 {
		return nil
	}
	p, _ := c.Planned(o.N, c.start.Marker)
	made := len(o.Refs[string(targets.ArmAttempt)]) > 0
	for _, x := range []struct {
		cell string
		want []string
	}{{"state_before", p.State}, {"state_after", p.State}, {"exists", p.Needs}, {"exists_after", p.Needs}} {
		var got []string
		for _, id := range o.Refs[x.cell] {
			got = append(got, c.states[id].Key)
		}
		if c.recovered && strings.HasSuffix(x.cell, "_after") && len(got) < len(x.want) {
			continue // the run was killed before it could read them all
		}
		if (made || len(got) > 0) && !slices.Equal(got, x.want) {
			return fmt.Errorf("its %s are reads of %q, planned were %q", x.cell, got, x.want)
		}
	}
	return nil
}

// answer finds the arm that an observation refers to.
func (c *checker) answer(o journal.Observation, arm targets.Arm) (probes.Answer, error) {
	refs := o.Refs[string(arm)]
	if len(refs) == 0 {
		if arm == targets.ArmAttempt && slices.Contains([]targets.Class{targets.Denied, targets.Reached, targets.Mutated}, o.Response.Class) {
			return probes.Answer{}, fmt.Errorf("it says %s, and nothing was attempted", o.Response.Class)
		}
		return probes.Answer{}, nil
	}
	a, ok := c.arms[refs[0]]
	if !ok || len(refs) > 1 {
		return probes.Answer{}, fmt.Errorf("its %s arm is not in the journal", arm)
	}
	null := arm == targets.ArmNegative && o.Arms.Null
	developer := arm == targets.ArmAttempt || arm == targets.ArmBaseline || null
	shared := arm == targets.ArmBaseline && a.N < 0 // a standing baseline serves several probes
	switch {
	case a.Arm != arm || a.Target != o.Target || (a.Probe != o.Probe && !shared):
		return probes.Answer{}, fmt.Errorf("its %s arm is another's", arm)
	case developer != (a.Identity == o.Identity):
		return probes.Answer{}, fmt.Errorf("its %s arm ran as %s", arm, a.Identity)
	case a.Null != null:
		return probes.Answer{}, fmt.Errorf("its %s arm took every right away: %t", arm, a.Null)
	case a.N >= 0 && a.N != o.N:
		return probes.Answer{}, fmt.Errorf("its %s arm belongs to attempt %d", arm, a.N)
	case (arm == targets.ArmBaseline) != (a.Place == targets.Allowed):
		return probes.Answer{}, fmt.Errorf("its %s arm ran at the place %s", arm, a.Place)
	case arm == targets.ArmAttempt && a.Response != o.Response:
		return probes.Answer{}, errors.New("its response is not that of its attempt")
	}
	if a.N >= 0 {
		delete(c.arms, refs[0]) // nobody else may refer to it
	}
	return probes.Answer{Class: a.Response.Class, Layer: a.Response.Layer}, nil
}

// proof finds the whoami that an observation refers to.
func (c *checker) proof(o journal.Observation, cell, when string) (targets.Proof, error) {
	refs := o.Refs[cell]
	if len(refs) == 0 {
		return targets.Unset, nil
	}
	i, ok := c.identities[refs[0]]
	if !ok || len(refs) > 1 || i.Identity != o.Identity || i.Target != o.Target || i.When != when {
		return targets.Unset, fmt.Errorf("its %s is not in the journal, or is another's", cell)
	}
	return i.Proof, nil
}

// reads finds the state reads that an observation refers to.
func (c *checker) reads(o journal.Observation, cell, when string) ([]journal.StateRead, error) {
	var out []journal.StateRead
	for _, id := range o.Refs[cell] {
		s, ok := c.states[id]
		if !ok || s.Target != o.Target || s.When != when {
			return nil, fmt.Errorf("its %s is not in the journal, or is another's", cell)
		}
		out = append(out, s)
	}
	return out, nil
}
