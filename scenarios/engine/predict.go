package engine

import (
	"context"
	"slices"
	"sync"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// Reviewer is a Session that can ask the target what its own rules say of the
// identity. Asking changes nothing.
type Reviewer interface {
	Review(ctx context.Context, r targets.Review) targets.Exchange
}

// sharedReview is asked once for all attempts of a person in a batch.
type sharedReview struct {
	once   sync.Once
	record journal.Review
	err    error
}

// consult asks, beside an attempt, all that its prediction rests on. Answers
// are shared by the attempts of a person.
func (s *site) consult(ctx context.Context, t *trial) error {
	reviewer, ok := t.person.session.(Reviewer)
	if !ok {
		return nil
	}
	var failed error
	probes.Foretell(t.Item.Bind(s.Marker).prediction, s.oracle(), func(r targets.Review) (targets.Exchange, bool) {
		record, err := s.review(ctx, reviewer, t.person, r)
		if err != nil {
			failed = err
			return targets.Exchange{}, false
		}
		if !slices.ContainsFunc(t.reviews, func(x journal.Review) bool { return x.ID == record.ID }) {
			t.reviews = append(t.reviews, record)
		}
		return record.Exchange, true
	}, func(targets.Action) bool { return false })
	return failed
}

// oracle reads the reviews of the target's system.
func (s *site) oracle() targets.Oracle { return s.Oracles[s.target.System()] }

func (s *site) review(ctx context.Context, from Reviewer, p *person, r targets.Review) (journal.Review, error) {
	p.mu.Lock()
	shared, ok := p.reviews[r]
	if !ok {
		shared = &sharedReview{}
		p.reviews[r] = shared
	}
	p.mu.Unlock()
	shared.once.Do(func() {
		shared.record = journal.Review{
			ID: s.NewID(), Target: s.target.ID, Identity: p.identity.ID, Review: r, Exchange: from.Review(ctx, r),
		}
		shared.err = s.Journal.Append(ctx, journal.TypeReview, shared.record)
	})
	return shared.record, shared.err
}

// predict is the prediction beside an attempt that has been made, or was not.
func (s *site) predict(o *journal.Observation, t *trial, attempted func(targets.Action) bool) {
	o.Arms.Prediction = probes.Foretell(o.Arms.Prediction, s.oracle(), func(r targets.Review) (targets.Exchange, bool) {
		i := slices.IndexFunc(t.reviews, func(x journal.Review) bool { return x.Review == r })
		if i < 0 {
			return targets.Exchange{}, false
		}
		return t.reviews[i].Exchange, true
	}, attempted)
	for _, r := range t.reviews {
		refer(o, "prediction", r.ID)
	}
	if t.attempt.ID != "" {
		record := s.oracle().Record(t.attempt.Case)
		o.Arms.Record, o.Arms.Seen = record.Says, record.Keys
	}
	o.Predicted = o.Arms.Prediction.Real.Says
	o.Disagreement = o.Arms.Prediction.Disagreement(o.Arms.Attempt)
}

// attempted are the actions that each identity attempted in a batch; all of an
// identity's attempts are in one.
func attempted(trials []*trial) map[string]map[targets.Action]bool {
	out := map[string]map[targets.Action]bool{}
	for _, t := range trials {
		if !t.attempt.Case.Exchange.Left() {
			continue // what did not leave speaks of nothing
		}
		if out[t.Identity.ID] == nil {
			out[t.Identity.ID] = map[targets.Action]bool{}
		}
		out[t.Identity.ID][t.attempt.Case.Asks()] = true
	}
	return out
}
