package reports

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// identity checks that a proof says what it proves.
func (c *checker) identity(l journal.Line) error {
	if err := keep(l, c.identities, func(i journal.IdentityCheck) string { return i.ID }); err != nil {
		return err
	}
	var i journal.IdentityCheck
	if err := journal.Decode(l.Body, &i); err != nil {
		return err
	}
	if i.Proof == probes.Proven && (i.Subject.Name != i.Want || i.Want == "") {
		return fmt.Errorf("it claims to prove %q, and the server said %q", i.Want, i.Subject.Name)
	}
	return nil
}

// arm recomputes the class of one exchange.
func (c *checker) arm(l journal.Line) error {
	var a journal.ArmRecord
	if err := journal.Decode(l.Body, &a); err != nil {
		return err
	}
	classify, ok := c.Classify[a.Case.System]
	if !ok {
		return fmt.Errorf("no classifier for the system %q", a.Case.System)
	}
	if got := classify(a.Case); got != a.Response {
		return fmt.Errorf("it says %s/%s, its exchange says %s/%s", a.Response.Class, a.Response.Layer, got.Class, got.Layer)
	}
	intent, announced := c.intents[a.ID]
	sent := a.Case.Exchange.Sent
	if !announced && sent != nil && sent.Method != http.MethodGet {
		return errors.New("a request that could change something was not announced before")
	}
	if announced && (intent.Arm != a.Arm || intent.N != a.N || intent.Probe != a.Probe || intent.Target != a.Target || intent.Identity != a.Identity) {
		return errors.New("it is not what was announced")
	}
	delete(c.intents, a.ID)
	if _, twice := c.arms[a.ID]; twice || a.ID == "" {
		return fmt.Errorf("the id %q stands twice, or is empty", a.ID)
	}
	a.Case.Exchange = targets.Exchange{} // judged; it need not be kept
	c.arms[a.ID] = a
	return nil
}

// observation recomputes the cells of the experiment from the lines that it
// refers to, and the outcome from the cells.
func (c *checker) observation(l journal.Line) error {
	var o journal.Observation
	if err := journal.Decode(l.Body, &o); err != nil {
		return err
	}
	if c.observed[o.N] || o.N < 0 || o.N >= c.start.Planned {
		return fmt.Errorf("attempt %d has two observations, or was not planned", o.N)
	}
	c.observed[o.N] = true
	c.tally.Add(o.Outcome)
	if o.Outcome == probes.NotRun {
		if len(o.Refs) > 0 {
			return errors.New("an attempt that was not run refers to arms")
		}
		return nil
	}
	if o.Reason == "indeterminate" {
		if !c.recovered || o.Outcome != probes.Inconclusive {
			return errors.New("an indeterminate attempt in a run that was not recovered")
		}
		return nil
	}
	return c.judged(o)
}

func (c *checker) judged(o journal.Observation) error {
	arms := probes.Arms{Expect: o.Arms.Expect, Waived: o.Arms.Waived}
	var err error
	for arm, cell := range map[targets.Arm]*probes.Answer{
		targets.ArmAttempt: &arms.Attempt, targets.ArmBaseline: &arms.Baseline,
		targets.ArmPositive: &arms.Positive, targets.ArmNegative: &arms.Negative,
	} {
		if *cell, err = c.answer(o, arm); err != nil {
			return err
		}
	}
	if arms.IdentityBefore, err = c.proof(o, "identity_before", "before"); err != nil {
		return err
	}
	if arms.IdentityAfter, err = c.proof(o, "identity_after", "after"); err != nil {
		return err
	}
	before, err := c.reads(o, "state_before", "before")
	if err != nil {
		return err
	}
	after, err := c.reads(o, "state_after", "after")
	if err != nil {
		return err
	}
	arms.Target, arms.State = journal.Compare(before, after)
	if !reflect.DeepEqual(arms, o.Arms) {
		return fmt.Errorf("its cells are %+v, the lines that it refers to say %+v", o.Arms, arms)
	}
	if got := probes.Judge(arms); !reflect.DeepEqual(got, o.Judgement) {
		return fmt.Errorf("its outcome is %s (%s), its cells say %s (%s)", o.Outcome, o.Reason, got.Outcome, got.Reason)
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
	developer := arm == targets.ArmAttempt || arm == targets.ArmBaseline
	shared := arm == targets.ArmBaseline && a.N < 0 // a standing baseline serves several probes
	switch {
	case a.Arm != arm || a.Target != o.Target || (a.Probe != o.Probe && !shared):
		return probes.Answer{}, fmt.Errorf("its %s arm is another's", arm)
	case developer != (a.Identity == o.Identity):
		return probes.Answer{}, fmt.Errorf("its %s arm ran as %s", arm, a.Identity)
	case a.N >= 0 && a.N != o.N:
		return probes.Answer{}, fmt.Errorf("its %s arm belongs to attempt %d", arm, a.N)
	case (arm == targets.ArmBaseline) != (a.Place == targets.Permitted):
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
func (c *checker) proof(o journal.Observation, cell, when string) (probes.Proof, error) {
	refs := o.Refs[cell]
	if len(refs) == 0 {
		return probes.Unset, nil
	}
	i, ok := c.identities[refs[0]]
	if !ok || len(refs) > 1 || i.Identity != o.Identity || i.Target != o.Target || i.When != when {
		return probes.Unset, fmt.Errorf("its %s is not in the journal, or is another's", cell)
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
