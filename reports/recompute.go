package reports

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

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
	if err := errors.Join(c.approvedTarget(i.Target), c.exchanged(l, i.Exchange)); err != nil {
		return err
	}
	if at := i.Target + " " + i.Identity; i.Proof == targets.Proven && !slices.Contains(c.names[at], i.Subject.Name) {
		c.names[at] = append(c.names[at], i.Subject.Name)
	}
	i.Exchange = targets.Exchange{} // it need not be kept
	c.identities[i.ID], c.at[i.ID] = i, l.Seq
	if i.Proof == targets.Proven && (i.Subject.Name != i.Want || i.Want == "") {
		return fmt.Errorf("it claims to prove %q, and the server said %q", i.Want, i.Subject.Name)
	}
	return nil
}

// state keeps a read, without its exchange.
func (c *checker) state(l journal.Line) error {
	if err := keep(l, c.states, func(s journal.StateRead) string { return s.ID }); err != nil {
		return err
	}
	var s journal.StateRead
	if err := journal.Decode(l.Body, &s); err != nil {
		return err
	}
	if err := errors.Join(c.approvedTarget(s.Target), c.exchanged(l, s.Exchange)); err != nil {
		return err
	}
	s.Exchange = targets.Exchange{}
	c.states[s.ID], c.at[s.ID] = s, l.Seq
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
		if a.Arm == targets.ArmAttempt && (got.Class == targets.Reached || got.Class == targets.Mutated) {
			c.own.Add(probes.Permitted) // what this program calls open is never less
		}
		err := fmt.Errorf("it says %s/%s, its exchange says %s/%s", a.Response.Class, a.Response.Layer, got.Class, got.Layer)
		if err := c.otherwise(l, err); err != nil {
			return err
		}
	}
	if err := errors.Join(c.approvedTarget(a.Target), c.exchanged(l, a.Case.Exchange)); err != nil {
		return err
	}
	if c.Arm != nil {
		if err := c.Arm(a, c.start.Marker, c.names[a.Target+" "+a.Identity]); err != nil {
			return err
		}
	}
	intent, announced := c.intents[a.ID]
	sent := a.Case.Exchange.Sent
	if !announced && sent != nil && sent.Method != http.MethodGet {
		return errors.New("a request that could change something was not announced before")
	}
	if announced &&
		(intent.Arm != a.Arm || intent.N != a.N || intent.Probe != a.Probe || intent.Target != a.Target || intent.Identity != a.Identity) {
		return errors.New("it is not what was announced")
	}
	delete(c.intents, a.ID)
	if _, twice := c.arms[a.ID]; twice || a.ID == "" {
		return fmt.Errorf("the id %q stands twice, or is empty", a.ID)
	}
	if b := c.inBatch(a.Target); a.N >= 0 {
		b.sent[a.N] = true
	}
	if a.Arm == targets.ArmAttempt {
		c.through = c.through || a.Response.Class == targets.Reached || a.Response.Class == targets.Mutated
		if sent != nil && a.Case.Exchange.Left() {
			c.batchOf(a.Target).attempt(a.Identity, a.Case.Asks())
		}
		if _, twice := c.attempts[a.N]; twice || c.observed[a.N] {
			return fmt.Errorf("attempt %d was made twice, or after its observation", a.N)
		}
		c.attempts[a.N], c.at[a.ID] = a.ID, l.Seq
	}
	if a.Arm == targets.ArmAttempt && c.start.Rule > 1 {
		c.records[a.ID] = c.Oracles[c.system(a.Target)].Record(a.Case)
	}
	a.Case.Exchange = targets.Exchange{Unexercised: a.Case.Exchange.Unexercised} // judged; the rest need not be kept
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
