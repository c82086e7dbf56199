package engine

import (
	"reflect"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// Bound is an item in one run: all that follows from item, place and run, and never
// from who asks, computed once. It is shared, and nobody changes it.
type Bound struct {
	item   *Item
	marker string
	sent   map[slot]*sent
	// state and needs are the reads of State and of Needs, with their keys.
	state, needs []query
	prediction   probes.Prediction
}

// slot is one arm at one place.
type slot struct {
	arm      targets.Arm
	place    targets.PlaceKind
	standing bool
}

// sent is what an arm sends.
type sent struct {
	request targets.Request
	rules   []targets.Rule
	reached []string
	// with tells apart arms that could be shared.
	with string
	err  error // why the rules cannot be resolved
	// marked says that it holds the arm's own mark, and so differs by attempt.
	marked bool
}

// query is a read of state and its name in the journal.
type query struct {
	targets.StateQuery
	key string
}

// Bind computes what the item is in a run of that marker. It is safe for concurrent
// use.
func (i *Item) Bind(marker string) *Bound {
	if known := i.bound.Load(); known != nil && known.marker == marker {
		return known
	}
	b := &Bound{item: i, marker: marker, sent: map[slot]*sent{}}
	for _, s := range []slot{
		{targets.ArmAttempt, targets.Production, false},
		{targets.ArmPositive, targets.Production, false},
		{targets.ArmNegative, targets.Production, false},
		{targets.ArmBaseline, targets.Allowed, i.Probe.Baseline.Standing != nil},
	} {
		shared, first := b.build(s, -1), b.build(s, 0)
		shared.marked = !reflect.DeepEqual(shared, first)
		b.sent[s] = shared
	}
	b.state, b.needs = keyed(i.state(marker)), keyed(i.needs(marker))
	b.prediction = b.foresee()
	i.bound.Store(b)
	return b
}

// arm is what an arm sends, where n is the number of the attempt that it belongs to,
// -1 for a shared one.
func (b *Bound) arm(s slot, n int64) *sent {
	known := b.sent[s]
	if known.marked && n >= 0 {
		return b.build(s, n)
	}
	return known
}

func (b *Bound) build(s slot, n int64) *sent {
	i := b.item
	where, params := i.Target.Place(s.place), i.params(b.marker, s.arm, n)
	out := &sent{with: flat(params.With)}
	rules := i.Probe.Allow
	if standing := i.Probe.Baseline.Standing; s.standing {
		params.With = nil // it stands for several probes
		out.request, rules, out.reached = standing.Request(where, params), standing.Allow, standing.Markers(where, params)
	} else {
		out.request, out.reached = i.Probe.Request(where, params), i.Probe.Markers(where, params)
	}
	out.rules, out.err = targets.Resolve(rules, params.Vars(where))
	return out
}

func keyed(queries []targets.StateQuery) []query {
	out := make([]query, len(queries))
	for i, q := range queries {
		out[i] = query{q, stateKey(q)}
	}
	return out
}

// State are the reads of what the attempts of the item could change.
func (b *Bound) State() []targets.StateQuery { return queries(b.state) }

// Needs are the reads beside that: at the allowed place of what the baseline
// names or could change, and in production of what only the positive arm does.
// What of it has to exist does so before any arm leaves.
func (b *Bound) Needs() []targets.StateQuery { return queries(b.needs) }

func queries(list []query) []targets.StateQuery {
	out := make([]targets.StateQuery, len(list))
	for i, q := range list {
		out[i] = q.StateQuery
	}
	return out
}

// Keys name the reads of State and of Needs as a journal does.
func (b *Bound) Keys() (state, needs []string) {
	for _, q := range b.state {
		state = append(state, q.key)
	}
	for _, q := range b.needs {
		needs = append(needs, q.key)
	}
	return state, needs
}

// Attempt is the request of the item's attempts, but for the number of the attempt.
func (b *Bound) Attempt() targets.Request {
	return b.sent[slot{targets.ArmAttempt, targets.Production, false}].request
}

// Baseline is the request that shows that a developer works at all.
func (b *Bound) Baseline() targets.Request { return b.baseline().request }

func (b *Bound) baseline() *sent {
	return b.sent[slot{targets.ArmBaseline, targets.Allowed, b.item.Probe.Baseline.Standing != nil}]
}

// Prepared are the rules, at both places, whose requests rest on something of
// the target. A rule that cannot be resolved lets nothing leave.
func (b *Bound) Prepared() []targets.Rule {
	var out []targets.Rule
	add := func(s *sent) {
		for _, r := range s.rules {
			if s.err == nil && (len(r.Prepare) > 0 || r.Replace != nil) {
				out = append(out, r)
			}
		}
	}
	add(b.sent[slot{targets.ArmAttempt, targets.Production, false}])
	if b.item.Probe.Baseline.Standing == nil {
		add(b.baseline())
	}
	return out
}

// foresee is what an attempt's prediction will be of, with no opinion yet.
// Names that an arm would mark bear the run's marker. It is shared: probes.Foretell
// copies what it fills in.
func (b *Bound) foresee() probes.Prediction {
	i, r := b.item, b.Attempt()
	place, params := i.Target.Place(targets.Production), i.params(b.marker, targets.ArmAttempt, -1)
	p := probes.Prediction{Real: probes.Forecast{Action: targets.ActionOf(r), Says: targets.Unsure}}
	for _, verb := range r.Besides {
		a := p.Real.Action
		a.Verb = verb
		p.Real.With = append(p.Real.With, a)
	}
	if i.Probe.Asks != nil {
		p.Real.Action = i.Probe.Asks(place, params)
	}
	if i.Probe.Ghost != nil {
		p.Ghost = &probes.Forecast{Action: p.Real.Action, With: p.Real.With, Says: targets.Unsure}
		p.Real.Action = i.Probe.Ghost(place, params)
	}
	if i.Probe.Also != nil {
		for _, a := range i.Probe.Also(place, r) {
			p.Also = append(p.Also, probes.Forecast{Action: a, Says: targets.Unsure})
		}
	}
	return p
}
