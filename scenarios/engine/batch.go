package engine

import (
	"context"
	"slices"
	"sync"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// trial is one attempt on its way to an observation.
type trial struct {
	Planned
	person    *person
	notRun    string
	attempt   journal.ArmRecord
	baseline  journal.ArmRecord
	positive  journal.ArmRecord
	negative  journal.ArmRecord
	predicted string
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
	before, err := s.readState(s.reads, b, "before")
	if err != nil {
		return err
	}
	developers, err := s.assumeAll(s.reads, b.Identities)
	if err != nil {
		return err
	}
	trials := make([]*trial, len(b.Attempts))
	for i, a := range b.Attempts {
		trials[i] = &trial{Planned: a, person: developers[a.Identity.ID]}
	}
	if err := each(s.run, trials, func(t *trial) error { return s.try(ctx, t) }); err != nil {
		return err
	}
	if err := s.askAgain(s.reads, developers); err != nil {
		return err
	}
	after, err := s.readState(s.reads, b, "after")
	if err != nil {
		return err
	}
	for _, t := range trials {
		if err := s.observe(ctx, s.conclude(t, before, after)); err != nil {
			return err
		}
	}
	return s.Journal.Commit(ctx)
}

// abandon records a batch that never began.
func (s *site) abandon(ctx context.Context, b Batch, why string) error {
	for _, a := range b.Attempts {
		o := Unobserved(a)
		o.Judgement = probes.Judgement{Outcome: probes.NotRun, Reason: "not-run"}
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
		o := Unobserved(a)
		o.Response = why
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
func (s *site) conclude(t *trial, before, after stateReads) journal.Observation {
	o := Unobserved(t.Planned)
	if t.notRun != "" {
		o.Judgement = probes.Judgement{Outcome: probes.NotRun, Reason: "not-run"}
		o.NotRunBecause = t.notRun
		return o
	}
	queries := s.queries(t.Item)
	was, is := before.of(queries), after.of(queries)
	o.Refs = map[string][]string{}
	o.Arms.Target, o.Arms.State = journal.Compare(was, is)
	for _, read := range was {
		o.Refs["state_before"] = append(o.Refs["state_before"], read.ID)
	}
	for _, read := range is {
		o.Refs["state_after"] = append(o.Refs["state_after"], read.ID)
	}
	o.Arms.IdentityBefore, o.Arms.IdentityAfter = t.person.before.Proof, t.person.after.Proof
	refer(&o, "identity_before", t.person.before.ID)
	refer(&o, "identity_after", t.person.after.ID)
	o.Arms.Attempt = answer(&o, t.attempt, targets.ArmAttempt)
	o.Arms.Baseline = answer(&o, t.baseline, targets.ArmBaseline)
	o.Arms.Positive = answer(&o, t.positive, targets.ArmPositive)
	o.Arms.Negative = answer(&o, t.negative, targets.ArmNegative)
	o.Response = t.attempt.Response
	if t.attempt.ID == "" {
		o.Response = s.withoutAttempt(t.person)
	}
	o.Judgement = probes.Judge(o.Arms)
	o.Limitations = limitations(t.Item)
	o.Predicted = t.predicted
	o.Disagreement = disagreement(t.predicted, o.Response)
	if o.Outcome == probes.Permitted && s.StopOnPermitted {
		s.halt("permitted", t.Item.Probe.ID+" as "+t.Identity.ID+" was permitted")
	}
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

// foreseen are the layers that a prediction covers.
func foreseen() []targets.Layer {
	return []targets.Layer{targets.Authorization, targets.IdentityPolicy, targets.PermissionsBoundary, targets.SCP}
}

// disagreement says where the authorizer's own opinion and the attempt
// differ. The opinion covers authorization only, so a denial by another layer
// contradicts nothing.
func disagreement(predicted string, got targets.Response) string {
	switch {
	case predicted == "denied" && (got.Class == targets.Reached || got.Class == targets.Mutated):
		return "the access rules say denied, the attempt was " + string(got.Class)
	case predicted == "allowed" && got.Class == targets.Denied && slices.Contains(foreseen(), got.Layer):
		return "the access rules say allowed, the attempt was denied by " + string(got.Layer)
	default:
		return ""
	}
}
