package targets

import (
	"slices"
	"strings"
)

// Action is one thing that somebody may or may not do, in the words of the
// system's authorizer.
type Action struct {
	// Verb is what Asked.Action is.
	Verb     string `json:"verb"`
	Resource string `json:"resource"`
	Name     string `json:"name,omitempty"`
	Scope    string `json:"scope,omitempty"`
}

// ActionOf is what a request asks for.
func ActionOf(r Request) Action {
	return Action{Verb: r.Action, Resource: r.Resource, Name: r.Name, Scope: r.Scope}
}

// Asks is the action that a question is about.
func (a Asked) Asks() Action {
	return Action{Verb: a.Action, Resource: a.Resource, Name: a.Name, Scope: a.Scope}
}

// String names the action for people, as in "update deployments.apps api in
// payments".
func (a Action) String() string {
	parts := []string{a.Verb, a.Resource}
	if a.Name != "" {
		parts = append(parts, a.Name)
	}
	if a.Scope != "" {
		parts = append(parts, "in", a.Scope)
	}
	return strings.Join(parts, " ")
}

// Opinion is what an authorizer's own rules say of an action. The zero value
// means that nobody asked, and is worth as much as Unsure.
type Opinion string

// The opinions.
const (
	Allows Opinion = "allowed"
	Denies Opinion = "denied"
	Unsure Opinion = "unknown" // it corroborates nothing and contradicts nothing
)

// Review is one question to a system about its own rules. Reviews are
// comparable: equal ones have the same answer at the same moment, so that one
// answer serves many actions.
type Review struct {
	// Kind is the system's name for the form of the question.
	Kind string `json:"kind"`
	// Action is what is asked about; only its scope where the answer covers all
	// that somebody may do there.
	Action Action `json:"action"`
}

// Oracle is the pure half of a system's predictions: what a recorded answer to
// a review says. The zero value never has an opinion.
type Oracle struct {
	// Covers lists the layers whose decision an opinion foresees.
	Covers []Layer
	// Unseen names, for people, what an opinion leaves out.
	Unseen []string
	// Reviews lists the questions that may tell about an action, the widest
	// first: the next is asked where the answers before it are Unsure. Pure.
	Reviews func(Action) []Review
	// Says reads the answer to a review about an action. It MUST be a pure
	// function, and Unsure where the answer does not speak of the action, or
	// is not whole.
	Says func(Action, Review, Exchange) Opinion
	// Notes reads, of the same answer, what it tells beside an opinion. Pure; nil
	// where a system's answers tell nothing more.
	Notes func(Action, Review, Exchange) Notes
	// Keyed says that rules may decide by keys of the request and of the session:
	// while Notes tells of none, nobody knows whether ours would pass.
	Keyed bool
	// Recorded reads, of an attempt and what followed it, what the target's own
	// record says of its decision. Pure; nil where a system keeps no such record.
	Recorded func(Case) DecisionRecord
}

// DecisionRecord is what the target's own record says of its decision. The zero
// value is that there is none.
type DecisionRecord struct {
	// Says is Denies where it decided as it answered, Allows where it did not, and
	// Unsure where the record does not speak of it.
	Says Opinion
	// Keys names the condition keys that the decision saw, in order.
	Keys []string
}

// Record is what the target's own record says of an attempt.
func (o Oracle) Record(c Case) DecisionRecord {
	if o.Recorded == nil {
		return DecisionRecord{}
	}
	return o.Recorded(c)
}

// Notes are what the answer to a review tells beside an opinion.
type Notes struct {
	// Organization is the opinion of the organization's policies alone.
	Organization Opinion
	// Lacks names what the identity's rules look at, and what a session of ours
	// does not carry as the identity's own would: keys of conditions.
	Lacks []string
	// Unsaid names the keys that the rules look at for the action, and that the
	// question did not say.
	Unsaid []string
	// Looks names the keys that the identity's own policies look at, for whatever
	// action; nil where nobody said.
	Looks []string
}

// Note is what all answers about an action tell beside an opinion.
func (o Oracle) Note(a Action, ask func(Review) (Exchange, bool)) Notes {
	var out Notes
	if o.Reviews == nil || o.Notes == nil {
		return out
	}
	for _, r := range o.Reviews(a) {
		x, ok := ask(r)
		if !ok {
			continue
		}
		n := o.Notes(a, r, x)
		if out.Organization == "" {
			out.Organization = n.Organization
		}
		out.Lacks, out.Unsaid = append(out.Lacks, n.Lacks...), append(out.Unsaid, n.Unsaid...)
		if n.Looks != nil { // none is not the same as nobody's word
			out.Looks = append(append([]string{}, out.Looks...), n.Looks...)
		}
	}
	slices.Sort(out.Lacks)
	slices.Sort(out.Unsaid)
	out.Lacks, out.Unsaid = slices.Compact(out.Lacks), slices.Compact(out.Unsaid)
	return out
}

// Opinion is what the rules say of an action. ask returns the recorded answer
// to a review, false where there is none.
func (o Oracle) Opinion(a Action, ask func(Review) (Exchange, bool)) Opinion {
	if o.Reviews == nil || o.Says == nil {
		return Unsure
	}
	for _, r := range o.Reviews(a) {
		if x, ok := ask(r); ok {
			if said := o.Says(a, r, x); said == Allows || said == Denies {
				return said
			}
		}
	}
	return Unsure
}
