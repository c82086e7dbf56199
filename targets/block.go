package targets

// Block is what one system has to say in a target or in an identity of a scenario.
// Its fields carry the tags yaml, json and jsonschema, of which the strict reader and
// the JSON Schema take names and forms.
type Block interface {
	// System names the system; it is the block's key in the file.
	System() SystemName
	// Check notes what the form of single fields does not show.
	Check(in Lint)
	// Explain says in sentences, each a line, what an approver agrees to.
	Explain() []string
}

// Lint is what a block is checked in.
type Lint struct {
	// Targets are all of the scenario's.
	Targets []Target
	// Note notes a mistake at a field of the block, as in allowed.resource; "" is the
	// block itself. instead says what to write.
	Note func(field, problem, instead string)
}

// TargetBlock pins a target.
type TargetBlock interface {
	Block
	// Place returns the production or the allowed place.
	Place(kind PlaceKind) Place
}

// IdentityBlock says how to act as somebody.
type IdentityBlock interface {
	Block
	// Actor says who that is.
	Actor() Actor
}

// Actor is whom a system takes an identity for.
type Actor struct {
	// Principal is the name that the server should report.
	Principal string
	// Person is the system's name of the one person who acts so; "" for a role or a
	// service account at which nobody's name stands.
	Person string
	// Shared says that several people may act so: a role whose sessions bear no
	// person's name, or a service account.
	Shared bool
	// Impersonated says that the way in is the prober's, and not the person's own.
	Impersonated bool
	// Fenced says that a session can be had under a policy of ours.
	Fenced bool
}
