package probes

import (
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// Prediction is what the target's authorizer says of an attempt, read beside
// it: the design, which the attempt is held against. The zero value says
// nothing.
type Prediction struct {
	// Real is the probe's action on the real object, in the context that a real
	// attack would carry.
	Real Forecast `json:"real"`
	// Ghost is the same action on the object that the request names, where that
	// one does not exist.
	Ghost *Forecast `json:"ghost,omitempty"`
	// Also are the other actions that have the same effect.
	Also []Forecast `json:"also,omitempty"`
	// Organization is what the policies of the organization say, where they can
	// be told apart: AWS's AllowedByOrganizations.
	Organization targets.Opinion `json:"organization,omitempty"`
	// Lacks names the keys that the identity's rules look at, and that a session
	// of ours does not carry as the identity's own would.
	Lacks []string `json:"lacks,omitempty"`
	// Unsaid names the keys that the rules look at for the action, and of which
	// the prediction was asked without.
	Unsaid []string `json:"unsaid,omitempty"`
	// Keyed says that the rules may decide by keys.
	Keyed bool `json:"keyed,omitempty"`
	// Looks names the keys that the identity's own policies look at, nil where
	// nobody said.
	Looks []string `json:"looks,omitzero"`
	// Covers lists the layers that the prediction speaks for, and Unseen names
	// what it leaves out.
	Covers []targets.Layer `json:"covers,omitempty"`
	Unseen []string        `json:"unseen,omitempty"`
}

// Forecast is the authorizer's opinion of one action.
type Forecast struct {
	targets.Action
	// With are actions that this one needs beside itself: where the rules deny
	// one of them, they deny it, too.
	With []targets.Action `json:"with,omitempty"`
	Says targets.Opinion  `json:"says,omitempty"`
	// Attempted says that this run attempted the very action itself, on the
	// same object and as the same identity. It speaks through that outcome.
	Attempted bool `json:"attempted,omitempty"`
}

// open reports whether the rules allow an action that nothing else in the run
// speaks for.
func (f Forecast) open() bool { return f.Says == targets.Allows && !f.Attempted }

// Open lists what the rules allow although the attempt was refused: the action
// itself, or another one with the same effect.
func (p Prediction) Open() []string {
	var out []string
	for _, f := range append([]Forecast{p.Real}, p.Also...) {
		if f.open() {
			out = append(out, f.String())
		}
	}
	return out
}

// Disagreement says where the rules and the attempt differ, "" where they do
// not. A denial by a layer that the rules do not cover contradicts nothing.
func (p Prediction) Disagreement(got Answer) string {
	switch {
	case p.Real.Says == targets.Denies && got.through():
		return "the access rules say denied, the attempt was " + string(got.Class)
	case p.Real.Says == targets.Allows && got.Class == targets.Denied && slices.Contains(p.Covers, got.Layer):
		return "the access rules say allowed, the attempt was denied by " + string(got.Layer)
	default:
		return ""
	}
}

// ghost reports whether the rules say the same of the ghost and of the real
// object.
func (p Prediction) ghost(says targets.Opinion) bool {
	return p.Ghost != nil && p.Ghost.Says == says && p.Real.Says == says
}

// unlike reports whether the refusal may be one of our session alone: the rules
// that refused look, for this action, at what it lacks, and do not say that they
// deny the real action all the same.
func (p Prediction) unlike(by targets.Layer) bool {
	return slices.Contains(p.Covers, by) && p.Real.Says != targets.Denies && slices.ContainsFunc(p.Lacks, func(key string) bool {
		return slices.ContainsFunc(p.Unsaid, func(unsaid string) bool { return strings.EqualFold(key, unsaid) })
	})
}

// decidesBy reports whether the rules that refused look at a key that the request
// does not carry as a real one would, or may do so since nobody could say at which
// they look, and do not say that they deny the real action all the same.
func (p Prediction) decidesBy(carried []string, by targets.Layer) bool {
	if !slices.Contains(p.Covers, by) || p.Real.Says == targets.Denies {
		return false
	}
	return p.Keyed && p.Looks == nil || slices.ContainsFunc(p.Unsaid, func(key string) bool { return !among(carried, key) })
}

// among reports whether a key is among those that are named. A name of a kind, as
// aws:RequestTag, stands for all keys of it.
func among(named []string, key string) bool {
	return slices.ContainsFunc(named, func(a string) bool {
		kind, _, _ := strings.Cut(key, "/")
		return strings.EqualFold(a, key) || strings.EqualFold(a, kind)
	})
}

// Foretell fills a prediction in: what the rules say, by the answers that ask
// has, and which other actions were attempted themselves.
func Foretell(
	p Prediction,
	o targets.Oracle,
	ask func(targets.Review) (targets.Exchange, bool),
	attempted func(targets.Action) bool,
) Prediction {
	p.Covers, p.Unseen, p.Keyed = o.Covers, o.Unseen, o.Keyed
	p.Real.Says = p.Real.foretold(o, ask)
	notes := o.Note(p.Real.Action, ask)
	p.Organization, p.Lacks, p.Unsaid, p.Looks = notes.Organization, notes.Lacks, notes.Unsaid, notes.Looks
	if p.Ghost != nil {
		ghost := *p.Ghost
		ghost.Says = ghost.foretold(o, ask)
		p.Ghost = &ghost
	}
	p.Also = slices.Clone(p.Also)
	for i := range p.Also {
		f := &p.Also[i]
		f.Says, f.Attempted = f.foretold(o, ask), attempted(f.Action)
	}
	return p
}

// foretold is the opinion of an action and of all that it needs: the worst for
// the one who asks.
func (f Forecast) foretold(o targets.Oracle, ask func(targets.Review) (targets.Exchange, bool)) targets.Opinion {
	says := o.Opinion(f.Action, ask)
	for _, a := range f.With {
		switch other := o.Opinion(a, ask); {
		case says == targets.Denies || other == targets.Denies:
			says = targets.Denies
		case other != targets.Allows:
			says = targets.Unsure
		}
	}
	return says
}
