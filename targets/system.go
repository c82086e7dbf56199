package targets

import (
	"context"
	"io"
	"slices"
)

// System is one kind of target, as one value: all that the rest of the program knows
// of it. The functions are pure, unless they say otherwise, and safe for concurrent
// use.
type System struct {
	Name SystemName
	// Title is the name as sentences have it.
	Title string
	// NewTarget and NewIdentity return its empty blocks of the scenario, pointers to
	// structs.
	NewTarget   func() TargetBlock
	NewIdentity func() IdentityBlock
	// Layers are those of its controls that can refuse.
	Layers []Layer
	// Classify decides what an exchange means.
	Classify Classifier
	// Oracle reads what the system's own rules say.
	Oracle Oracle
	// Pinned holds what was read of a target against what the scenario pins.
	Pinned func(Target, Pin) error
	// ActedAs holds a request as it was sent against the identity that it was sent
	// as; nil where a request does not name anybody.
	ActedAs func(Identity, Sent) error
	// Trusts are variables of the environment that name a file of certificates.
	Trusts []string
	// Options are those of the commands that connect.
	Options []Option
	// Connect prepares a connection. It reads credentials, and sends nothing.
	Connect func(ctx context.Context, with Connection) (Connected, error)
	// Uses lists what connecting would use, in words: the hosts that are asked, and
	// the secrets that are sent there. It reads this machine's configuration.
	Uses func(t Target, people []Identity, from Machine) (hosts, secrets []string, err error)
	// Setup prints what a scenario needs.
	Setup Setup
}

// Setup prints the least privilege that a scenario needs, to review and apply.
type Setup struct {
	// Short says in a line what is printed.
	Short string
	// Options are those of the system alone.
	Options []Option
	// Write prints it for one target. options holds each of Options by its name.
	Write func(w io.Writer, in Access, options map[string]string) error
}

// Option is one setting of a command, "true" or "false" where it is a Switch.
type Option struct {
	Name, Default, Usage string
	Switch               bool
}

// Systems is the list of the systems that a program knows.
type Systems []System

// Find returns the system of that name.
func (s Systems) Find(name SystemName) (System, bool) {
	i := slices.IndexFunc(s, func(x System) bool { return x.Name == name })
	if i < 0 {
		return System{}, false
	}
	return s[i], true
}

// Names lists the systems' names, in the list's order.
func (s Systems) Names() []SystemName {
	out := make([]SystemName, len(s))
	for i, x := range s {
		out[i] = x.Name
	}
	return out
}

// Classifiers returns each system's classifier.
func (s Systems) Classifiers() map[SystemName]Classifier {
	out := map[SystemName]Classifier{}
	for _, x := range s {
		out[x.Name] = x.Classify
	}
	return out
}

// Oracles returns each system's oracle.
func (s Systems) Oracles() map[SystemName]Oracle {
	out := map[SystemName]Oracle{}
	for _, x := range s {
		out[x.Name] = x.Oracle
	}
	return out
}
