package engine

import (
	"iter"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// Recovery tells, of a run that was killed, what its journal supports of each
// attempt that has no observation: it gathers the recorded lines and concludes
// as the run would have. It sends nothing, and it is not safe for concurrent use.
type Recovery struct {
	run   *run
	sites map[string]*remains
}

// remains are what a journal has of one target's last batch, and of the arms
// that all batches share.
type remains struct {
	site      *site
	observing bool // the batch has observations: what follows begins another
	people    map[string]*person
	before    stateReads
	after     stateReads
	reviews   map[string][]journal.Review
	announced map[int64]bool
	own       map[int64]map[targets.Arm]journal.ArmRecord
	standing  []journal.ArmRecord // shared in the batch
	shared    []journal.ArmRecord // shared in the run
}

// NewRecovery prepares a recovery of a run of that plan.
func NewRecovery(
	plan *Plan, classify map[targets.SystemName]targets.Classifier, oracles map[targets.SystemName]targets.Oracle,
) *Recovery {
	r := &Recovery{
		run:   &run{Config: Config{Plan: plan, Classify: classify, Oracles: oracles}, pins: map[string]journal.Pin{}},
		sites: map[string]*remains{},
	}
	for _, t := range plan.Targets() {
		r.sites[t.ID] = &remains{site: &site{run: r.run, target: t, recovering: true}}
		r.sites[t.ID].begin()
	}
	return r
}

// begin forgets what belongs to one batch.
func (m *remains) begin() {
	m.observing = false
	m.people, m.before, m.after = map[string]*person{}, stateReads{}, stateReads{}
	m.reviews, m.announced = map[string][]journal.Review{}, map[int64]bool{}
	m.own, m.standing = map[int64]map[targets.Arm]journal.ArmRecord{}, nil
}

// Line takes the next line of the journal.
func (r *Recovery) Line(l journal.Line) error {
	switch l.Type {
	case journal.TypeRunStart:
		return decoded(l, func(s journal.RunStart) { r.run.Marker = s.Marker })
	case journal.TypePin:
		return decoded(l, func(p journal.Pin) { r.run.pins[p.Target] = p })
	case journal.TypeIdentity:
		return decoded(l, func(c journal.IdentityCheck) { r.batch(c.Target).identity(c) })
	case journal.TypeState:
		return decoded(l, func(s journal.StateRead) { r.batch(s.Target).state(s) })
	case journal.TypeReview:
		return decoded(l, func(v journal.Review) {
			m := r.batch(v.Target)
			m.reviews[v.Identity] = append(m.reviews[v.Identity], v)
		})
	case journal.TypeIntent:
		return decoded(l, func(i journal.Intent) { r.batch(i.Target).announced[i.N] = true })
	case journal.TypeArm:
		return decoded(l, func(a journal.ArmRecord) { r.batch(a.Target).arm(a) })
	case journal.TypeObservation:
		return decoded(l, func(o journal.Observation) {
			if m := r.sites[o.Target]; m != nil {
				m.observing = true
			}
		})
	case journal.TypeRunSigned, journal.TypeStop, journal.TypeRunEnd, journal.TypeRunRecover, journal.TypeRecSigned:
	}
	return nil
}

func decoded[T any](l journal.Line, use func(T)) error {
	var v T
	if err := journal.Decode(l.Body, &v); err != nil {
		return err
	}
	use(v)
	return nil
}

// batch is where a line that comes before observations belongs. Lines of targets
// that nobody planned go nowhere.
func (r *Recovery) batch(target string) *remains {
	m := r.sites[target]
	if m == nil {
		m = &remains{}
	}
	if m.observing || m.people == nil {
		m.begin()
	}
	return m
}

func (m *remains) identity(c journal.IdentityCheck) {
	p := m.people[c.Identity]
	if p == nil {
		p = &person{}
		m.people[c.Identity] = p
	}
	if c.When == "after" {
		p.after = c
	} else {
		p.before = c
	}
}

func (m *remains) state(s journal.StateRead) {
	if s.When == "after" {
		m.after[s.Key] = s
	} else {
		m.before[s.Key] = s
	}
}

func (m *remains) arm(a journal.ArmRecord) {
	switch {
	case a.N >= 0:
		if m.own[a.N] == nil {
			m.own[a.N] = map[targets.Arm]journal.ArmRecord{}
		}
		m.own[a.N][a.Arm] = a
	case a.Null || a.Arm == targets.ArmBaseline:
		m.standing = append(m.standing, a)
	default:
		m.shared = append(m.shared, a)
	}
}

// Planned yields every planned attempt as the journal has it: concluded where its
// request was recorded; else indeterminate where it may have been sent, and not
// run where it was not. Those that have an observation come as they were planned.
func (r *Recovery) Planned(string) iter.Seq[journal.Observation] {
	return func(yield func(journal.Observation) bool) {
		for _, t := range r.run.Plan.Targets() {
			m := r.sites[t.ID]
			for b := range r.run.Plan.Batches(t.ID) {
				trials := m.trials(b)
				made := attempted(trials)
				for _, x := range trials {
					if !yield(m.end(x, made[x.Identity.ID])) {
						return
					}
				}
			}
		}
	}
}

// trials are the attempts of a batch with what was recorded of them.
func (m *remains) trials(b Batch) []*trial {
	out := make([]*trial, len(b.Attempts))
	for i, a := range b.Attempts {
		t := &trial{Planned: a, person: &person{identity: a.Identity}, attempt: m.own[a.N][targets.ArmAttempt]}
		if known := m.people[a.Identity.ID]; known != nil {
			t.person.before, t.person.after = known.before, known.after
		}
		out[i] = t
		if t.attempt.ID == "" {
			continue
		}
		t.baseline = m.own[a.N][targets.ArmBaseline]
		if a.Item.Probe.Baseline.Standing != nil {
			t.baseline = m.find(m.standing, m.site.standingArm(t))
		}
		t.negative = m.reference(a.Item, targets.ArmNegative, &a.Item.Negative)
		if a.Item.null(a.Identity) {
			t.negative = m.find(m.standing, m.site.nullArm(t))
		}
		t.positive = m.reference(a.Item, targets.ArmPositive, a.Item.Positive)
		t.reviews = m.consulted(t)
	}
	return out
}

// reference is the record of an arm by somebody who is not under test.
func (m *remains) reference(item *Item, kind targets.Arm, id *targets.Identity) journal.ArmRecord {
	if id == nil {
		return journal.ArmRecord{}
	}
	return m.find(m.shared, m.site.probeArm(kind, -1, item, &person{identity: *id}, targets.Production))
}

// find looks for the record of an arm that several attempts share.
func (m *remains) find(among []journal.ArmRecord, want arm) journal.ArmRecord {
	asked := m.site.asked(want)
	for _, a := range among {
		c := a.Case
		standing := want.kind == targets.ArmBaseline // it stands for several probes
		if a.Arm == want.kind && (standing || a.Probe == want.item.Probe.ID) && a.Identity == want.as.identity.ID && a.Null == want.null &&
			c.Action == asked.Action && c.Resource == asked.Resource && c.Name == asked.Name && c.Scope == asked.Scope &&
			sameBody(c.Exchange.Sent, want.request) {
			return a
		}
	}
	return journal.ArmRecord{}
}

// sameBody tells apart requests for one resource that have other parameters. What
// an adapter makes of the body itself is not held against it.
func sameBody(sent *targets.Sent, want targets.Request) bool {
	return sent == nil || len(want.Body) == 0 || len(sent.Body) != len(want.Body) || sent.Body == string(want.Body)
}

// consulted are the reviews that an attempt's prediction rests on.
func (m *remains) consulted(t *trial) []journal.Review {
	var out []journal.Review
	seen := map[string]bool{}
	probes.Foretell(t.Item.Bind(m.site.Marker).prediction, m.site.oracle(), func(r targets.Review) (targets.Exchange, bool) {
		for _, known := range m.reviews[t.Identity.ID] {
			if known.Review != r {
				continue
			}
			if !seen[known.ID] {
				seen[known.ID] = true
				out = append(out, known)
			}
			return known.Exchange, true
		}
		return targets.Exchange{}, false
	}, func(targets.Action) bool { return false })
	return out
}

// end is what the record says of one attempt.
func (m *remains) end(t *trial, made map[targets.Action]bool) journal.Observation {
	switch o := Unobserved(t.Planned, m.site.Marker); {
	case t.attempt.ID != "":
		return m.site.conclude(t, m.before, m.after, made)
	case m.announced[t.N] || len(m.own[t.N]) > 0:
		o.Judgement = probes.Judgement{Reason: probes.ReasonIndeterminate, Urgent: true}
		return o
	default:
		o.Judgement = probes.Judgement{Outcome: probes.NotRun, Reason: probes.ReasonNotRun}
		o.NotRunBecause = Killed
		return o
	}
}

// Killed is why an attempt that never began was not run.
const Killed = "the run was killed"
