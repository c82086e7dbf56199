package reports

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

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
	defer func() { c.batchOf(o.Target).observing = true }()
	c.tally.Add(o.Outcome)
	if err := errors.Join(c.asPlanned(o), c.wholly(o)); err != nil {
		return err
	}
	if o.Outcome == probes.NotRun {
		return c.notRun(o)
	}
	if o.Reason == probes.ReasonIndeterminate {
		if !c.recovered || o.Outcome != probes.Inconclusive {
			return errors.New("an indeterminate attempt in a run that was not recovered")
		}
		if _, made := c.attempts[o.N]; made {
			return errors.New("it says that nobody knows what became of the attempt, and its answer is on record")
		}
		return nil
	}
	return c.judged(l, o)
}

// notRun checks an attempt that was not made: it has no arm and no answer, and
// what it says is missing was not there.
func (c *checker) notRun(o journal.Observation) error {
	if o.Response.Class != "" {
		return errors.New("an attempt that was not run has a response")
	}
	if o.Reason != probes.ReasonTargetMissing {
		if len(o.Refs) > 0 {
			return errors.New("an attempt that was not run refers to arms")
		}
		return c.skipped(o)
	}
	reads, err := c.reads(o, "exists", "before")
	if err != nil {
		return err
	}
	if c.batchOf(o.Target).sent[o.N] {
		return errors.New("it says that nothing was sent, and an arm of it was")
	}
	if c.Planned != nil {
		p, _ := c.Planned(o.N, c.start.Marker)
		for _, read := range reads {
			if !slices.Contains(p.State, read.Key) && !slices.Contains(p.Needs, read.Key) {
				return fmt.Errorf("it does not need %s", read.Key)
			}
		}
	}
	if len(reads) == 0 || len(o.Refs) > 1 {
		return errors.New("it says that something is missing, and does not refer to the reads that say so")
	}
	for _, read := range reads {
		if !read.MustExist || read.Shown() {
			return fmt.Errorf("it says that %s is missing, and the read says otherwise", read.Key)
		}
	}
	return nil
}

// asPlanned compares an observation with what was planned under its number:
// a record may not choose which layers count.
func (c *checker) asPlanned(o journal.Observation) error {
	if c.Planned == nil {
		return nil
	}
	p, ok := c.Planned(o.N, c.start.Marker)
	switch {
	case !ok || o.Probe != p.Probe || o.Target != p.Target || o.Identity != p.Identity:
		return fmt.Errorf("attempt %d is %s as %s at %s, planned was %s as %s at %s",
			o.N, o.Probe, o.Identity, o.Target, p.Probe, p.Identity, p.Target)
	case o.Arms.Null != p.Arms.Null:
		return fmt.Errorf("the negative arm of attempt %d is not of the kind that was planned", o.N)
	case o.Arms.Waived != p.Arms.Waived || !slices.Equal(o.Arms.Expect, p.Arms.Expect):
		return fmt.Errorf("attempt %d counts the layers %v (waived: %t), planned was %v (waived: %t)",
			o.N, o.Arms.Expect, o.Arms.Waived, p.Arms.Expect, p.Arms.Waived)
	case c.start.Rule > 0 && (o.Arms.Technique != p.Arms.Technique ||
		o.Arms.Ghost != p.Arms.Ghost || !slices.Equal(o.Arms.Alters, p.Arms.Alters) ||
		!slices.Equal(o.Arms.Carries, p.Arms.Carries)):
		return fmt.Errorf(
			"attempt %d is %s (a ghost: %t), planned was %s (%t)",
			o.N,
			o.Arms.Technique,
			o.Arms.Ghost,
			p.Arms.Technique,
			p.Arms.Ghost,
		)
	case o.Fidelity != p.Fidelity || !slices.Equal(o.Controls, p.Controls):
		return fmt.Errorf("attempt %d has the fidelity %s and the controls %v, planned was %s and %v",
			o.N, o.Fidelity, o.Controls, p.Fidelity, p.Controls)
	}
	return nil
}

// otherwise is a fault of the record, unless another version of this program made
// it, whose word stands.
func (c *checker) otherwise(l journal.Line, fault error) error {
	if c.Program == "" || c.Program == c.start.Tool.SHA256 {
		return fault
	}
	c.reclassified = append(c.reclassified, fmt.Sprintf("line %d: %v", l.Seq+1, fault))
	return nil
}

func (c *checker) judged(l journal.Line, o journal.Observation) error {
	arms := probes.Arms{
		Technique: o.Arms.Technique, Ghost: o.Arms.Ghost, Alters: o.Arms.Alters, Carries: o.Arms.Carries,
		Expect: o.Arms.Expect, Waived: o.Arms.Waived, Null: o.Arms.Null, Cut: c.recovered && len(o.Refs["identity_after"]) == 0,
	}
	if refs := o.Refs[string(targets.ArmAttempt)]; len(refs) == 1 {
		arms.Unexercised = c.arms[refs[0]].Case.Exchange.Unexercised != ""
		arms.Record, arms.Seen = c.records[refs[0]].Says, c.records[refs[0]].Keys
		delete(c.records, refs[0])
	}
	if err := c.bracketed(o); err != nil {
		return err
	}
	var err error
	for _, x := range []struct {
		arm  targets.Arm
		cell *probes.Answer
	}{
		{targets.ArmAttempt, &arms.Attempt},
		{targets.ArmBaseline, &arms.Baseline},
		{targets.ArmPositive, &arms.Positive},
		{targets.ArmNegative, &arms.Negative},
	} {
		if *x.cell, err = c.answer(o, x.arm); err != nil {
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
	arms.Target, arms.State = journal.Compare(before, after, o.N)
	if arms.State, err = c.needed(o, arms.State); err != nil {
		return err
	}
	if arms.Prediction, err = c.predicted(o); err != nil {
		return err
	}
	if !reflect.DeepEqual(arms, o.Arms) {
		return fmt.Errorf("its cells are %+v, the lines that it refers to say %+v", o.Arms, arms)
	}
	if got := probes.Judge(arms); !reflect.DeepEqual(got, o.Judgement) {
		c.own.Add(got.Outcome)
		return c.otherwise(l, fmt.Errorf("its outcome is %s (%s), its cells say %s (%s)", o.Outcome, o.Reason, got.Outcome, got.Reason))
	}
	return c.said(o)
}

// said checks what an observation says beside its outcome.
func (c *checker) said(o journal.Observation) error {
	if c.start.Rule == 0 {
		return nil
	}
	p := o.Arms.Prediction
	switch {
	case o.Predicted != p.Real.Says:
		return fmt.Errorf("it says that the rules say %q, they say %q", o.Predicted, p.Real.Says)
	case o.Disagreement != p.Disagreement(o.Arms.Attempt):
		return fmt.Errorf("it says of the rules and the attempt %q, want %q", o.Disagreement, p.Disagreement(o.Arms.Attempt))
	}
	if c.Planned == nil {
		return nil
	}
	planned, _ := c.Planned(o.N, c.start.Marker)
	if want := append(slices.Clone(o.Limits), planned.Limitations...); !slices.Equal(o.Limitations, want) {
		return fmt.Errorf("its limitations are %q, planned were %q", o.Limitations, want)
	}
	return nil
}
