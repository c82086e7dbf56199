package engine

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// trial is one attempt on its way to an observation.
type trial struct {
	Planned
	person   *person
	notRun   string
	absent   []journal.StateRead // what does not exist, though the attempt needs it
	attempt  journal.ArmRecord
	baseline journal.ArmRecord
	positive journal.ArmRecord
	negative journal.ArmRecord
	reviews  []journal.Review
}

// batch runs one group of attempts inside its brackets: who everybody is and
// what stands there, then the arms, then the same questions again.
func (s *site) batch(ctx context.Context, b Batch) error {
	if why := s.closed(ctx); why != "" {
		return s.abandon(ctx, b, why)
	}
	if pin := s.pins[s.target.ID]; !pin.OK {
		return s.unreached(ctx, b, pin)
	}
	s.standing = map[string]*sharedArm{}
	before, err := s.readState(ctx, b, "before", s.whole)
	if err != nil {
		return err
	}
	if at := before.marked(); at != "" {
		s.halt(journal.StopMutated, at+" carries a mark of this run before anything was sent in this round")
	}
	developers, err := s.assumeAll(ctx, b.Identities)
	if err != nil {
		return err
	}
	if why := s.stopped(); why != "" && ctx.Err() != nil { // what opens brackets may be cut short
		return s.abandon(ctx, b, why)
	}
	trials := make([]*trial, len(b.Attempts))
	for i, a := range b.Attempts {
		trials[i] = &trial{Planned: a, person: developers[a.Identity.ID]}
		trials[i].absent = before.absent(s.whole(a.Item))
	}
	if err := each(s.run, trials, func(t *trial) error { return s.try(ctx, t) }); err != nil {
		return err
	}
	reads, done := s.outliving(ctx)
	defer done()
	if err := s.askAgain(reads, developers); err != nil {
		return err
	}
	after, err := s.readState(reads, b, "after", s.whole)
	if err != nil {
		return err
	}
	made := attempted(trials)
	for _, t := range trials {
		o := s.conclude(t, before, after, made[t.Identity.ID])
		s.stopAfter(o)
		if err := s.observe(ctx, o); err != nil {
			return err
		}
	}
	return s.Journal.Commit(ctx)
}

// stopAfter stops the run where an outcome says that nothing may follow it.
func (s *site) stopAfter(o journal.Observation) {
	what := o.Probe + " as " + o.Identity
	switch {
	case o.Arms.State == probes.StateChangedByUs || o.Arms.State == probes.StateChangedByArm:
		s.halt(journal.StopMutated, what+" changed something, or another arm did")
	case o.Outcome == probes.Permitted && s.StopOnPermitted:
		s.halt(journal.StopPermitted, what+" was permitted")
	}
}

// abandon records a batch that never began.
func (s *site) abandon(ctx context.Context, b Batch, why string) error {
	for _, a := range b.Attempts {
		o := Unobserved(a, s.Marker)
		o.Judgement = probes.Judgement{Outcome: probes.NotRun, Reason: probes.ReasonNotRun}
		o.NotRunBecause = why
		if err := s.observe(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// unreached records a batch of a target that could not be asked.
func (s *site) unreached(ctx context.Context, b Batch, pin journal.Pin) error {
	why := targets.Response{Class: targets.Unreachable}
	if n := len(pin.Exchanges); n > 0 {
		why = s.meaning(targets.Asked{}, pin.Exchanges[n-1])
	}
	why.Reason = pin.Problem
	for _, a := range b.Attempts {
		o := Unobserved(a, s.Marker)
		o.Response = why
		s.predict(&o, &trial{}, func(targets.Action) bool { return false })
		o.Judgement = probes.Judge(o.Arms)
		if err := s.observe(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// meaning is the class of an answer to a question that was no attempt. Such
// an answer never speaks of an attempt's outcome.
func (s *site) meaning(asked targets.Asked, x targets.Exchange) targets.Response {
	asked.System = s.target.System()
	got := s.Classify[asked.System](targets.Case{Asked: asked, Exchange: x})
	if slices.Contains([]targets.Class{targets.Denied, targets.Reached, targets.Mutated}, got.Class) {
		return targets.Response{Class: targets.Unknown}
	}
	return targets.Response{Class: got.Class}
}

// assumeAll opens the bracket of the developers under test.
func (s *site) assumeAll(ctx context.Context, ids []targets.Identity) (map[string]*person, error) {
	people, mu := make(map[string]*person, len(ids)), sync.Mutex{}
	err := each(s.run, ids, func(id targets.Identity) error {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the run stopped: nobody new is asked
		}
		p, err := s.assume(ctx, id)
		mu.Lock()
		people[id.ID] = p
		mu.Unlock()
		return err
	})
	return people, err
}

// askAgain closes it.
func (s *site) askAgain(ctx context.Context, people map[string]*person) error {
	list := make([]*person, 0, len(people))
	for _, p := range people {
		if p.session != nil {
			list = append(list, p)
		}
	}
	return each(s.run, list, func(p *person) error {
		p.after = s.whoami(ctx, p, "after")
		return s.Journal.Append(ctx, journal.TypeIdentity, p.after)
	})
}

// conclude gathers the arms of an attempt and applies the verdict rule.
func (s *site) conclude(t *trial, before, after stateReads, made map[targets.Action]bool) journal.Observation {
	o := Unobserved(t.Planned, s.Marker)
	if len(t.absent) > 0 {
		return missing(o, t.absent)
	}
	if t.notRun != "" {
		o.Judgement = probes.Judgement{Outcome: probes.NotRun, Reason: probes.ReasonNotRun}
		o.NotRunBecause = t.notRun
		return o
	}
	bound := t.Item.Bind(s.Marker)
	was, is := before.of(bound.state), after.of(bound.state)
	o.Refs = map[string][]string{}
	o.Arms.Target, o.Arms.State = journal.Compare(was, is, t.N)
	referAll(&o, "state_before", was)
	referAll(&o, "state_after", is)
	needed, still := before.of(bound.needs), after.of(bound.needs)
	o.Arms.State = journal.Elsewhere(o.Arms.State, needed, still)
	referAll(&o, "exists", needed)
	referAll(&o, "exists_after", still)
	o.Arms.IdentityBefore, o.Arms.IdentityAfter = t.person.before.Proof, t.person.after.Proof
	refer(&o, "identity_before", t.person.before.ID)
	refer(&o, "identity_after", t.person.after.ID)
	o.Arms.Cut = s.recovering && t.person.after.ID == ""
	o.Arms.Attempt = answer(&o, t.attempt, targets.ArmAttempt)
	o.Arms.Unexercised = t.attempt.Case.Exchange.Unexercised != ""
	o.Arms.Baseline = answer(&o, t.baseline, targets.ArmBaseline)
	o.Arms.Positive = answer(&o, t.positive, targets.ArmPositive)
	o.Arms.Negative = answer(&o, t.negative, targets.ArmNegative)
	o.Response = t.attempt.Response
	if t.attempt.ID == "" {
		o.Response = s.withoutAttempt(t.person)
	}
	s.predict(&o, t, func(a targets.Action) bool { return made[a] })
	o.Judgement = probes.Judge(o.Arms)
	o.Limitations = append(slices.Clone(o.Limits), o.Limitations...)
	return o
}

// missing ends an attempt that was not made, since something that it needs was
// not shown to exist.
func missing(o journal.Observation, absent []journal.StateRead) journal.Observation {
	o.Judgement = probes.Judgement{Outcome: probes.NotRun, Reason: probes.ReasonTargetMissing}
	o.Refs = map[string][]string{}
	referAll(&o, "exists", absent)
	var why []string
	for _, read := range absent {
		why = append(why, read.Key+": "+read.Why())
	}
	o.NotRunBecause = "target-missing: " + strings.Join(why, "; ")
	return o
}

// withoutAttempt says why an attempt was planned, admitted, and not made.
func (s *site) withoutAttempt(p *person) targets.Response {
	if p.problem != "" {
		return targets.Response{Class: targets.Unsupported, Reason: p.problem}
	}
	who := p.before
	got := s.meaning(targets.Asked{Subject: who.Want, Harness: s.pins[s.target.ID].Harness}, who.Exchange)
	got.Reason = "not attempted, because the identity is not proven: " + who.Problem
	return got
}

// answer is an arm's cell for the verdict rule, and where it stands.
func answer(o *journal.Observation, a journal.ArmRecord, arm targets.Arm) probes.Answer {
	refer(o, string(arm), a.ID)
	return probes.Answer{Class: a.Response.Class, Layer: a.Response.Layer}
}

func refer(o *journal.Observation, cell, id string) {
	if id != "" {
		o.Refs[cell] = append(o.Refs[cell], id)
	}
}

func referAll(o *journal.Observation, cell string, reads []journal.StateRead) {
	for _, read := range reads {
		refer(o, cell, read.ID)
	}
}

// limitations stand beside the outcome of every attempt of an item.
func limitations(item *Item) []string {
	var out []string
	if item.Probe.Baseline.Standing != nil {
		out = append(out, "place-not-controlled")
	}
	if item.Waive != "" {
		out = append(out, "block-not-shown-identity-specific: "+item.Waive)
	}
	return append(out, item.Probe.Limits...)
}
