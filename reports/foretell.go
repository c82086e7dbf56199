package reports

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// batch is what the observations of one batch at a target are predicted by.
// Its observations follow all its arms, so that the next review or arm begins
// another batch.
type batch struct {
	observing bool
	reviews   map[reviewOf]journal.Review
	made      map[asWhom]bool
	sent      map[int64]bool // attempts of which an arm was sent
}

// reviewOf is a question about somebody.
type reviewOf struct {
	identity string
	review   targets.Review
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
		b = &batch{reviews: map[reviewOf]journal.Review{}, made: map[asWhom]bool{}, sent: map[int64]bool{}}
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
	if err := errors.Join(c.approvedTarget(r.Target), c.exchanged(l, r.Exchange)); err != nil {
		return err
	}
	b := c.inBatch(r.Target)
	if _, twice := c.at[r.ID]; twice || r.ID == "" {
		return errors.New("its id is empty, or not its own")
	}
	of := reviewOf{r.Identity, r.Review}
	if _, twice := b.reviews[of]; twice {
		return errors.New("the same was asked before")
	}
	b.reviews[of], c.at[r.ID] = r, l.Seq
	return nil
}

// predicted recomputes a prediction from all that the journal has of the
// identity's rules. The observation refers to what it rests on, no less and no
// more. What it is of is as planned, where there is a plan.
func (c *checker) predicted(o journal.Observation) (probes.Prediction, error) {
	if c.start.Rule == 0 {
		return probes.Prediction{}, nil // nothing was predicted for the rule
	}
	p := o.Arms.Prediction
	if c.Planned != nil {
		planned, _ := c.Planned(o.N, c.start.Marker)
		p = planned.Arms.Prediction
	}
	b, oracle := c.batchOf(o.Target), c.Oracles[c.system(o.Target)]
	var used []string
	p = probes.Foretell(p, oracle, func(r targets.Review) (targets.Exchange, bool) {
		found, ok := b.of(o.Identity, r)
		if ok && !slices.Contains(used, found.ID) {
			used = append(used, found.ID)
		}
		return found.Exchange, ok
	}, func(a targets.Action) bool { return b.made[asWhom{o.Identity, a}] })
	if c.start.Rule == 1 {
		p.Organization, p.Lacks, p.Unsaid = "", nil, nil
	}
	if refs := o.Refs["prediction"]; !slices.Equal(refs, used) {
		return p, fmt.Errorf("its prediction rests on %q, and it refers to %q", used, refs)
	}
	if made := len(o.Refs[string(targets.ArmAttempt)]) > 0; made && oracle.Reviews != nil && len(used) == 0 {
		return p, errors.New("the rules were not asked about the attempt")
	}
	return p, nil
}

// of is what somebody's rules said in answer to a review.
func (b *batch) of(identity string, r targets.Review) (journal.Review, bool) {
	found, ok := b.reviews[reviewOf{identity, r}]
	return found, ok
}

// system is the kind of a target of the run.
func (c *checker) system(target string) targets.SystemName {
	for _, t := range c.start.Targets {
		if t.ID == target {
			return t.System
		}
	}
	return ""
}
