package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// Expected is what the plan makes of a recorded arm: what its request asks, and
// the rules that it may leave under.
type Expected struct {
	Asked targets.Asked
	As    targets.Identity
	Rules []targets.Rule
}

// Expect finds what the plan makes of an arm, in a run with that marker. An arm
// that several attempts share may be of several items: each is given.
func (p *Plan) Expect(a journal.ArmRecord, marker string) ([]Expected, error) {
	var out []Expected
	for i := range p.byTarget {
		tp := &p.byTarget[i]
		if tp.target.ID != a.Target {
			continue
		}
		s := &site{run: &run{Config: Config{Marker: marker}}, target: tp.target}
		for _, item := range tp.items {
			if item.Excluded {
				continue
			}
			for _, want := range s.arms(item, a) {
				if want.err != nil {
					return nil, fmt.Errorf("the rules of %s: %w", item.Probe.ID, want.err)
				}
				out = append(out, Expected{s.asked(want), want.as.identity, want.rules})
			}
		}
	}
	if len(out) == 0 {
		return nil, errors.New("nothing that was planned sends such an arm")
	}
	return out, nil
}

// arms are those of an item that a record may be of.
func (s *site) arms(item *Item, a journal.ArmRecord) []arm {
	person := &person{}
	own := slices.IndexFunc(item.Developers, func(id targets.Identity) bool { return id.ID == a.Identity })
	if own >= 0 {
		person.identity = item.Developers[own]
	}
	t := &trial{Planned: Planned{N: a.N, Item: item, Identity: person.identity}, person: person}
	standing, probes := item.Probe.Baseline.Standing != nil, item.Probe.ID == a.Probe
	switch {
	case a.Arm == targets.ArmBaseline && standing && own >= 0 && a.N < 0:
		return []arm{s.standingArm(t)}
	case !probes:
	case a.Arm == targets.ArmBaseline && !standing && own >= 0 && a.N >= 0:
		return []arm{s.probeArm(a.Arm, a.N, item, person, targets.Allowed)}
	case a.Arm == targets.ArmAttempt && own >= 0 && a.N >= 0:
		return []arm{s.probeArm(a.Arm, a.N, item, person, targets.Production)}
	case a.Arm == targets.ArmNegative && a.Null && own >= 0 && item.null(person.identity) && a.N < 0:
		return []arm{s.nullArm(t)}
	case a.Arm == targets.ArmNegative && !a.Null && a.Identity == item.Negative.ID && a.N < 0:
		person.identity = item.Negative
		return []arm{s.probeArm(a.Arm, -1, item, person, targets.Production)}
	case a.Arm == targets.ArmPositive && item.Positive != nil && a.Identity == item.Positive.ID && a.N < 0:
		person.identity = *item.Positive
		return []arm{s.probeArm(a.Arm, -1, item, person, targets.Production)}
	}
	return nil
}
