package engine

import (
	"maps"
	"slices"
	"sync/atomic"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/targets"
)

// Item is one attempt of the scenario, resolved.
type Item struct {
	scenarios.Resolved
	developers map[string]bool
	bound      atomic.Pointer[Bound] // of the run that it was last bound in
}

// params are the parameters of an arm in a run with that marker. n is the
// number of the attempt that the arm belongs to, -1 for a shared one.
func (i *Item) params(marker string, arm targets.Arm, n int64) probes.Params {
	p := probes.Params{With: i.With, Run: marker, Arm: targets.Mark(marker, arm, n)}
	p.Place = i.Target.Place(targets.Production).Values
	if i.Probe.Requires.Alone() && len(i.Developers) == 1 {
		p.Developer = i.Developers[0].Principal(i.Target.System())
	}
	switch arm {
	case targets.ArmBaseline:
		p.With = i.Allowed
	case targets.ArmPositive:
		p.With = maps.Clone(i.With)
		maps.Copy(p.With, i.PositiveWith)
	case targets.ArmAttempt, targets.ArmNegative:
	}
	return p
}

// state are the reads of what the attempts of the item could change.
func (i *Item) state(marker string) []targets.StateQuery {
	return i.Probe.State(i.Target.Place(targets.Production), i.params(marker, targets.ArmAttempt, -1))
}

// needs are the reads beside that, for the other arms.
func (i *Item) needs(marker string) []targets.StateQuery {
	state := i.Probe.State
	if standing := i.Probe.Baseline.Standing; standing != nil {
		state = standing.State
	}
	var out []targets.StateQuery
	if state != nil {
		out = state(i.Target.Place(targets.Allowed), i.params(marker, targets.ArmBaseline, -1))
	}
	if len(i.PositiveWith) > 0 {
		out = append(out, i.Probe.State(i.Target.Place(targets.Production), i.params(marker, targets.ArmPositive, -1))...)
	}
	return out
}

// alters are the condition keys in which the item's requests differ from a real
// one: those of the probe, but for what the scenario gives.
func (i *Item) alters() []string {
	return slices.DeleteFunc(slices.Clone(i.Probe.Alters), i.given)
}

// carries are the condition keys that the item's requests carry as a real one does.
func (i *Item) carries() []string {
	given := slices.DeleteFunc(slices.Sorted(maps.Keys(i.Probe.Carries)), func(key string) bool { return !i.given(key) })
	return slices.Concat(i.Probe.Bears, given)
}

// given reports whether the scenario gives the value of a condition key.
func (i *Item) given(key string) bool {
	parameter := i.Probe.Carries[key]
	return slices.ContainsFunc(i.Probe.Needs, func(n probes.Need) bool { return n.Name == parameter && n.Given(i.With[parameter]) })
}

// null reports whether the negative arm is the identity's own request with
// every right taken away. Where the system takes none away from it, somebody
// without rights asks instead.
func (i *Item) null(id targets.Identity) bool {
	return i.Probe.Null && id.Fenced(i.Target.System())
}
