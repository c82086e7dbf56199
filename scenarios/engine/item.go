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
	prediction atomic.Pointer[skeleton] // made once per run
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

// State are the reads of what the attempts of the item could change.
func (i *Item) State(marker string) []targets.StateQuery {
	return i.Probe.State(i.Target.Place(targets.Production), i.params(marker, targets.ArmAttempt, -1))
}

// Needs are the reads beside that: at the allowed place of what the baseline
// names or could change, and in production of what only the positive arm does.
// What of it has to exist does so before any arm leaves.
func (i *Item) Needs(marker string) []targets.StateQuery {
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

// Keys name the reads of State and of Needs as a journal does.
func (i *Item) Keys(marker string) (state, needs []string) {
	for _, q := range i.State(marker) {
		state = append(state, stateKey(q))
	}
	for _, q := range i.Needs(marker) {
		needs = append(needs, stateKey(q))
	}
	return state, needs
}

// Attempt is the request of the item's attempts, as a run with that marker
// sends it but for the number of the attempt.
func (i *Item) Attempt(marker string) targets.Request {
	return i.Probe.Request(i.Target.Place(targets.Production), i.params(marker, targets.ArmAttempt, -1))
}

// Prepared are the rules, at both places, whose requests rest on something of
// the target. A rule that cannot be resolved lets nothing leave.
func (i *Item) Prepared(marker string) []targets.Rule {
	var out []targets.Rule
	add := func(place targets.PlaceKind, arm targets.Arm) {
		rules, err := targets.Resolve(i.Probe.Allow, i.params(marker, arm, -1).Vars(i.Target.Place(place)))
		for _, r := range rules {
			if err == nil && (len(r.Prepare) > 0 || r.Replace != nil) {
				out = append(out, r)
			}
		}
	}
	add(targets.Production, targets.ArmAttempt)
	if i.Probe.Baseline.Standing == nil {
		add(targets.Allowed, targets.ArmBaseline)
	}
	return out
}

// Baseline is the request that shows that a developer works at all.
func (i *Item) Baseline(marker string) targets.Request {
	place, params := i.Target.Place(targets.Allowed), i.params(marker, targets.ArmBaseline, -1)
	if standing := i.Probe.Baseline.Standing; standing != nil {
		params.With = nil // it stands for several probes
		return standing.Request(place, params)
	}
	return i.Probe.Request(place, params)
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

// skeleton is a prediction without opinions, which all attempts of an item
// share in a run.
type skeleton struct {
	marker     string
	prediction probes.Prediction
}

// foreseen is what an attempt's prediction will be of, with no opinion yet.
// Names that an arm would mark bear the run's marker. It is shared: probes.Foretell
// copies what it fills in.
func (i *Item) foreseen(marker string) probes.Prediction {
	if known := i.prediction.Load(); known != nil && known.marker == marker {
		return known.prediction
	}
	p := i.foresee(marker)
	i.prediction.Store(&skeleton{marker, p})
	return p
}

func (i *Item) foresee(marker string) probes.Prediction {
	r := i.Attempt(marker)
	p := probes.Prediction{Real: probes.Forecast{Action: targets.ActionOf(r), Says: targets.Unsure}}
	for _, verb := range r.Besides {
		a := p.Real.Action
		a.Verb = verb
		p.Real.With = append(p.Real.With, a)
	}
	if i.Probe.Asks != nil {
		p.Real.Action = i.Probe.Asks(i.Target.Place(targets.Production), i.params(marker, targets.ArmAttempt, -1))
	}
	if i.Probe.Ghost != nil {
		p.Ghost = &probes.Forecast{Action: p.Real.Action, With: p.Real.With, Says: targets.Unsure}
		p.Real.Action = i.Probe.Ghost(i.Target.Place(targets.Production), i.params(marker, targets.ArmAttempt, -1))
	}
	if i.Probe.Also != nil {
		for _, a := range i.Probe.Also(i.Target.Place(targets.Production), r) {
			p.Also = append(p.Also, probes.Forecast{Action: a, Says: targets.Unsure})
		}
	}
	return p
}
