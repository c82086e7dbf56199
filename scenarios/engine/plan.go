package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/targets"
)

// batchSize is how many attempts share one identity and state bracket. It
// bounds the run's memory, and how far a bracket stretches in time.
const batchSize = 1000

// Plan is every attempt that a run will make, known before the first request.
// It holds the scenario's attempts, not their product with the identities, so
// that its size does not grow with the number of attempts.
type Plan struct {
	scenario *scenarios.Scenario
	set      probes.Set
	byTarget []targetPlan
}

// targetPlan is one target's share.
type targetPlan struct {
	target     targets.Target
	items      []*Item
	identities []targets.Identity // every developer of the items, in the scenario's order
	first      int64              // the number of its first attempt
}

// Planned is one attempt: one probe, one target, one identity.
type Planned struct {
	N        int64
	Item     *Item
	Identity targets.Identity
}

// Unobserved is what is known of an attempt before anything ran. marker is the
// run's.
func Unobserved(a Planned, marker string) journal.Observation {
	p, system := a.Item.Probe, a.Item.Target.System()
	return journal.Observation{
		N: a.N, Probe: p.ID, Target: a.Item.Target.ID, Identity: a.Identity.ID,
		Fidelity: a.Identity.Fidelity(system), Controls: p.Controls, Limitations: limitations(a.Item),
		Arms: probes.Arms{
			Technique: p.Technique, Ghost: p.Ghost != nil, Alters: a.Item.alters(), Carries: a.Item.carries(),
			Expect: a.Item.Expect, Waived: a.Item.Waive != "", Null: a.Item.null(a.Identity), Prediction: a.Item.Bind(marker).prediction,
		},
	}
}

// Batch is a group of attempts at one target that share brackets.
type Batch struct {
	Target     targets.Target
	Identities []targets.Identity
	Attempts   []Planned
}

// NewPlan resolves a scenario. It is pure: the same scenario and catalog give
// the same plan, and no request leaves.
func NewPlan(s *scenarios.Scenario, set probes.Set) (*Plan, error) {
	p := &Plan{scenario: s, set: set}
	index := map[string]int{}
	for _, t := range s.Targets {
		index[t.ID] = len(p.byTarget)
		p.byTarget = append(p.byTarget, targetPlan{target: t})
	}
	for _, a := range s.Attempts {
		resolved, err := s.Resolve(a, set)
		if err != nil {
			return nil, fmt.Errorf("plan attempt %s at %s: %w", a.Probe, a.Target, err)
		}
		item := &Item{Resolved: resolved, developers: map[string]bool{}}
		for _, d := range resolved.Developers {
			item.developers[d.ID] = true
		}
		tp := &p.byTarget[index[a.Target]]
		tp.items = append(tp.items, item)
	}
	var n int64
	for i := range p.byTarget {
		tp := &p.byTarget[i]
		tp.first = n
		for _, id := range s.Identities {
			k := tp.itemsOf(id.ID)
			if k > 0 {
				tp.identities = append(tp.identities, id)
			}
			n += int64(k)
		}
	}
	return p, nil
}

// itemsOf counts the items that an identity is a developer of.
func (t *targetPlan) itemsOf(id string) int {
	n := 0
	for _, item := range t.items {
		if item.developers[id] {
			n++
		}
	}
	return n
}

// Len is the number of planned attempts.
func (p *Plan) Len() int64 {
	var n int64
	for i := range p.byTarget {
		for _, id := range p.byTarget[i].identities {
			n += int64(p.byTarget[i].itemsOf(id.ID))
		}
	}
	return n
}

// Targets returns the targets that have attempts, in the scenario's order.
func (p *Plan) Targets() []targets.Target {
	var out []targets.Target
	for _, tp := range p.byTarget {
		if len(tp.identities) > 0 {
			out = append(out, tp.target)
		}
	}
	return out
}

// Items yields the resolved attempts of the scenario, target by target.
func (p *Plan) Items() iter.Seq[*Item] {
	return func(yield func(*Item) bool) {
		for _, tp := range p.byTarget {
			for _, item := range tp.items {
				if !yield(item) {
					return
				}
			}
		}
	}
}

// All yields every planned attempt, in the order of its number.
func (p *Plan) All() iter.Seq[Planned] {
	return func(yield func(Planned) bool) {
		for _, t := range p.Targets() {
			for b := range p.Batches(t.ID) {
				for _, a := range b.Attempts {
					if !yield(a) {
						return
					}
				}
			}
		}
	}
}

// Batches yields one target's attempts in groups that share brackets. All of
// an identity's attempts at a target are in one batch.
func (p *Plan) Batches(target string) iter.Seq[Batch] {
	return func(yield func(Batch) bool) {
		for i := range p.byTarget {
			tp := &p.byTarget[i]
			if tp.target.ID == target && !tp.batches(yield) {
				return
			}
		}
	}
}

func (t *targetPlan) batches(yield func(Batch) bool) bool {
	n := t.first
	room := min(batchSize, len(t.identities)*len(t.items))
	b := Batch{Target: t.target, Attempts: make([]Planned, 0, room)}
	for _, id := range t.identities {
		if len(b.Attempts) > 0 && len(b.Attempts)+len(t.items) > batchSize {
			if !yield(b) {
				return false
			}
			b = Batch{Target: t.target, Attempts: make([]Planned, 0, room)}
		}
		b.Identities = append(b.Identities, id)
		for _, item := range t.items {
			if item.developers[id.ID] {
				b.Attempts = append(b.Attempts, Planned{N: n, Item: item, Identity: id})
				n++
			}
		}
	}
	return len(b.Attempts) == 0 || yield(b)
}

// Digest is the SHA-256, in hex, of the plan's lines as WriteTo prints them.
func (p *Plan) Digest() string {
	h := sha256.New()
	_ = p.Write(h) // a hash never fails
	return hex.EncodeToString(h.Sum(nil))
}

// Write prints the plan, one attempt a line: number, probe, technique,
// target, identity.
func (p *Plan) Write(w io.Writer) error {
	for a := range p.All() {
		excluded := ""
		if a.Item.Excluded {
			excluded = " excluded"
		}
		if _, err := fmt.Fprintf(w, "%d %s %s %s %s%s\n",
			a.N, a.Item.Probe.ID, a.Item.Probe.Technique, a.Item.Target.ID, a.Identity.ID, excluded); err != nil {
			return err
		}
	}
	return nil
}
