package engine

import (
	"context"
	"errors"
	"sort"
	"strings"
	"sync"

	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// sharedArm runs once for all attempts with the same key.
type sharedArm struct {
	once   sync.Once
	record journal.ArmRecord
	err    error
}

// arm is one request of the experiment, ready to ask for admission.
type arm struct {
	kind  targets.Arm
	n     int64 // the planned attempt's number, -1 where the arm is shared
	item  *Item
	as    *person
	place targets.PlaceKind
	*sent
	null bool
}

// try runs the arms of one attempt in their order. The attempt comes last, so
// that what surrounds it is known to work at that moment.
func (s *site) try(ctx context.Context, t *trial) error {
	if t.person.before.Proof != targets.Proven {
		return nil // nobody is attempted as somebody else
	}
	if len(t.absent) > 0 {
		return nil // no arm of it leaves
	}
	item := t.Item
	step := Step{Arm: targets.ArmAttempt, Probe: item.Probe, Target: s.target.ID, Identity: t.Identity.ID, Excluded: item.Excluded}
	if t.notRun = s.admit(ctx, step); t.notRun != "" {
		return nil
	}
	var err error
	if t.baseline, err = s.baseline(ctx, t); err != nil {
		return err
	}
	if t.negative, err = s.negative(ctx, t); err != nil {
		return err
	}
	if t.positive, err = s.reference(ctx, item, targets.ArmPositive, item.Positive); err != nil {
		return err
	}
	if t.notRun = s.stopped(); t.notRun != "" {
		return nil
	}
	if err := s.consult(ctx, t); err != nil {
		return err
	}
	a := s.probeArm(targets.ArmAttempt, t.N, item, t.person, targets.Production)
	if t.attempt, t.notRun, err = s.send(ctx, a); err != nil {
		return err
	}
	class := t.attempt.Response.Class
	if s.StopOnPermitted && t.person.before.Proof == targets.Proven && (class == targets.Reached || class == targets.Mutated) {
		s.halt(journal.StopPermitted, item.Probe.ID+" as "+t.Identity.ID+" got through")
	}
	return nil
}

// probeArm is the probe's own request at a place. n is the number of the
// attempt that the arm belongs to, -1 for a shared one.
func (s *site) probeArm(kind targets.Arm, n int64, item *Item, as *person, place targets.PlaceKind) arm {
	return arm{kind: kind, n: n, item: item, as: as, place: place, sent: item.Bind(s.Marker).arm(slot{kind, place, false}, n)}
}

// baseline shows that the developer's identity works where it may.
func (s *site) baseline(ctx context.Context, t *trial) (journal.ArmRecord, error) {
	standing := t.Item.Probe.Baseline.Standing
	if standing == nil {
		record, _, err := s.send(ctx, s.probeArm(targets.ArmBaseline, t.N, t.Item, t.person, targets.Allowed))
		return record, err
	}
	return s.share(ctx, s.standing, standing.ID+" "+t.Identity.ID, s.standingArm(t))
}

// standingArm is the baseline of a probe that has no allowed place.
func (s *site) standingArm(t *trial) arm {
	return arm{
		kind: targets.ArmBaseline, n: -1, item: t.Item, as: t.person, place: targets.Allowed, sent: t.Item.Bind(s.Marker).baseline(),
	}
}

// negative shows that the target can refuse the request: by somebody without
// any right, or by the developer with every right taken away.
func (s *site) negative(ctx context.Context, t *trial) (journal.ArmRecord, error) {
	if !t.Item.null(t.Identity) {
		return s.reference(ctx, t.Item, targets.ArmNegative, &t.Item.Negative)
	}
	a := s.nullArm(t)
	return s.share(ctx, s.standing, strings.Join([]string{"null", t.Item.Probe.ID, a.with, t.Identity.ID}, " "), a)
}

// nullArm is the developer's own request with every right taken away.
func (s *site) nullArm(t *trial) arm {
	a := s.probeArm(targets.ArmNegative, -1, t.Item, t.person, targets.Production)
	a.null = true
	return a
}

// reference is the same request at the same place by an identity that is not
// under test. It is shared by all developers.
func (s *site) reference(ctx context.Context, item *Item, kind targets.Arm, id *targets.Identity) (journal.ArmRecord, error) {
	if id == nil || s.stopped() != "" {
		return journal.ArmRecord{}, nil
	}
	as, err := s.instrument(ctx, *id)
	if err != nil || as.session == nil || as.before.Proof != targets.Proven {
		return journal.ArmRecord{}, err
	}
	a := s.probeArm(kind, -1, item, as, targets.Production)
	key := strings.Join([]string{string(kind), item.Probe.ID, a.with, id.ID}, " ")
	return s.share(ctx, s.shared, key, a)
}

// share runs an arm once per key; later callers wait for it and get the same.
func (s *site) share(ctx context.Context, arms map[string]*sharedArm, key string, a arm) (journal.ArmRecord, error) {
	s.mu.Lock()
	shared, ok := arms[key]
	if !ok {
		shared = &sharedArm{}
		arms[key] = shared
	}
	s.mu.Unlock()
	shared.once.Do(func() { shared.record, _, shared.err = s.send(ctx, a) })
	return shared.record, shared.err
}

// send asks for admission, makes the intent durable where the request could
// change something, sends, and classifies. An arm that was not admitted comes
// back without an id, with the reason.
func (s *site) send(ctx context.Context, a arm) (journal.ArmRecord, string, error) {
	step := Step{Arm: a.kind, Probe: a.item.Probe, Target: s.target.ID, Identity: a.as.identity.ID, Excluded: a.item.Excluded}
	if why := s.admit(ctx, step); why != "" {
		return journal.ArmRecord{}, why, nil
	}
	if a.err != nil {
		return journal.ArmRecord{}, "the request cannot be built: " + a.err.Error(), nil //nolint:nilerr // the attempt ends as NotRun
	}
	record := journal.ArmRecord{
		ID: s.NewID(), Arm: a.kind, N: a.n, Probe: a.item.Probe.ID, Target: s.target.ID,
		Identity: a.as.identity.ID, Place: a.place, Null: a.null, Case: targets.Case{Asked: s.asked(a)},
	}
	if mutating(a.rules) {
		intent := journal.Intent{ID: record.ID, Arm: a.kind, N: a.n, Probe: record.Probe, Target: record.Target, Identity: record.Identity}
		if err := s.Journal.Append(ctx, journal.TypeIntent, intent); err != nil {
			return journal.ArmRecord{}, "", err
		}
		if err := s.Journal.Commit(ctx); err != nil {
			return journal.ArmRecord{}, "", err
		}
	}
	// While it waits for the rate limit a stop still holds it back; once it
	// has left, it ends under its own deadline.
	record.Case.Exchange = a.as.session.Send(ctx, targets.Call{
		ID: record.ID, Request: a.request, Rules: a.rules, Null: a.null,
		Still: func() error {
			if why := s.admit(ctx, step); why != "" {
				return errors.New(why)
			}
			return nil
		},
	})
	record.Response = s.Classify[s.target.System()](record.Case)
	if record.Response.Class == targets.Mutated {
		s.halt(journal.StopMutated, a.item.Probe.ID+" as "+a.as.identity.ID+" ("+string(a.kind)+") changed something")
	}
	return record, "", s.Journal.Append(ctx, journal.TypeArm, record)
}

// asked is what an arm's request means.
func (s *site) asked(a arm) targets.Asked {
	return targets.Asked{
		System: s.target.System(), Subject: s.subject(a.as), Harness: s.pins[s.target.ID].Harness,
		Action: a.request.Action, Resource: a.request.Resource, Name: a.request.Name, Scope: a.request.Scope,
		Dependents: a.request.Dependents,
		Technique:  string(a.item.Probe.Technique), Reached: a.reached,
	}
}

func mutating(rules []targets.Rule) bool {
	for _, r := range rules {
		if r.Mutating {
			return true
		}
	}
	return false
}

// flat renders parameters in a fixed order.
func flat(with map[string]string) string {
	keys := make([]string, 0, len(with))
	for k := range with {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var b strings.Builder
	for _, k := range keys {
		b.WriteString(k + "=" + with[k] + ";")
	}
	return b.String()
}
