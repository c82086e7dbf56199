package reports

import (
	"errors"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// batch is what the observations of one batch at a target are predicted by.
// Its observations follow all its arms, so that the next review or arm begins
// another batch.
type batch struct {
	observing bool
	reviews   map[string]journal.Review
	made      map[asWhom]bool
}

// asWhom is an action that somebody attempted.
type asWhom struct {
	identity string
	action   targets.Action
}

// batchOf is the batch at a target that is being read.
func (c *checker) batchOf(target string) *batch {
	b, ok := c.batches[target]
	if !ok {
		b = &batch{reviews: map[string]journal.Review{}, made: map[asWhom]bool{}}
		c.batches[target] = b
	}
	return b
}

// inBatch is the batch of a line that belongs before observations.
func (c *checker) inBatch(target string) *batch {
	if c.batchOf(target).observing {
		delete(c.batches, target)
	}
	return c.batchOf(target)
}

func (b *batch) attempt(identity string, a targets.Action) { b.made[asWhom{identity, a}] = true }

// review keeps what the rules said of somebody.
func (c *checker) review(l journal.Line) error {
	var r journal.Review
	if err := journal.Decode(l.Body, &r); err != nil {
		return err
	}
	b := c.inBatch(r.Target)
	if _, twice := c.at[r.ID]; twice || r.ID == "" {
		return errors.New("its id is empty, or not its own")
	}
	b.reviews[r.ID], c.at[r.ID] = r, l.Seq
	return nil
}

// predicted recomputes a prediction from the reviews that an observation
// refers to. What it is of is as planned, where there is a plan.
func (c *checker) predicted(o journal.Observation) (probes.Prediction, error) {
	if c.start.Rule == 0 {
		return probes.Prediction{}, nil // nothing was predicted for the rule
	}
	p := o.Arms.Prediction
	if c.Planned != nil {
		planned, _ := c.Planned(o.N, c.start.Marker)
		p = planned.Arms.Prediction
	}
	b, byReview := c.batchOf(o.Target), map[targets.Review]journal.Review{}
	for _, id := range o.Refs["prediction"] {
		r, ok := b.reviews[id]
		if !ok || r.Identity != o.Identity {
			return p, errors.New("its prediction is not in the journal, or is another's")
		}
		byReview[r.Review] = r
	}
	return probes.Foretell(p, c.Oracles[c.system(o.Target)], func(r targets.Review) (targets.Exchange, bool) {
		found, ok := byReview[r]
		return found.Exchange, ok
	}, func(a targets.Action) bool { return b.made[asWhom{o.Identity, a}] }), nil
}

// system is the kind of a target of the run.
func (c *checker) system(target string) targets.System {
	for _, t := range c.start.Targets {
		if t.ID == target {
			return t.System()
		}
	}
	return ""
}
