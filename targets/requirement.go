package targets

import "slices"

// Requirement is what only some probes need: of a target, of everybody who sends the
// request, or of the system's edition or version. Systems make them.
type Requirement struct {
	// Name is the requirement's word, as in ssh-key.
	Name string
	// Value is an edition or a version; "" for the others.
	Value string
	// Text says it in lists, as in "identities with an SSH key".
	Text string
	// Because says why, after the probe's name, as in "goes over SSH".
	Because string
	// Target and Identity say what a block lacks, nil for nothing; nil where blocks
	// have nothing to do with it.
	Target   func(TargetBlock) *Lack
	Identity func(IdentityBlock) *Lack
	// Alone says that what the attempt names is the developer's own: each developer
	// needs an attempt of their own.
	Alone bool
}

// Lack is what a block does not have, and some probe needs.
type Lack struct {
	// What continues a sentence that begins with the block's owner, as in "has no
	// sshKey".
	What string
	// Instead says what to write.
	Instead string
}

// Requirements are those of one probe.
type Requirements []Requirement

// Has reports whether a requirement of that name is among them.
func (r Requirements) Has(name string) bool {
	return slices.ContainsFunc(r, func(x Requirement) bool { return x.Name == name })
}

// Value returns the value of the requirement of that name, "" for none.
func (r Requirements) Value(name string) string {
	for _, x := range r {
		if x.Name == name {
			return x.Value
		}
	}
	return ""
}

// Alone reports whether each developer needs an attempt of their own.
func (r Requirements) Alone() bool {
	return slices.ContainsFunc(r, func(x Requirement) bool { return x.Alone })
}
