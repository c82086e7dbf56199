package targets

import "slices"

// Role says what an identity is for in the experiment.
type Role string

// The roles. A scenario's developers are under test; the others are the
// instrument.
const (
	Developer    Role = "developer"
	Authorized   Role = "authorized"
	Unprivileged Role = "unprivileged"
	Observer     Role = "observer"
)

// Fidelity says how close acting as an identity is to being it.
type Fidelity string

// The fidelities, best first.
const (
	RealCredential Fidelity = "real-credential"
	Persona        Fidelity = "persona"
	Impersonated   Fidelity = "impersonation"
)

// Identity is somebody a probe acts as.
type Identity struct {
	ID   string `yaml:"id" json:"id" jsonschema:"required,pattern=^[a-z0-9][a-z0-9-]*$"`
	Role Role   `yaml:"role" json:"role" jsonschema:"required,enum=developer,enum=authorized,enum=unprivileged,enum=observer"`
	// Persona marks a dedicated account that stands for people: same groups,
	// other name.
	Persona bool `yaml:"persona,omitempty" json:"persona,omitempty"`
	// Persons are the principals, or the names in the policy, of the people who
	// act as the identity in life. A developer whom some system knows by a role or a
	// service account needs them. [] says that only a machine acts as it.
	Persons []string `yaml:"persons,omitempty" json:"persons,omitempty"`
	// Blocks are the systems' own, each under its name and at most one of each.
	Blocks Blocks `yaml:"-" json:"-"`
}

// Blocks are an identity's, at most one of each system.
type Blocks []IdentityBlock

// On returns how to act as the identity on that system, nil where it cannot.
func (i Identity) On(s SystemName) IdentityBlock {
	at := slices.IndexFunc(i.Blocks, func(b IdentityBlock) bool { return b.System() == s })
	if at < 0 {
		return nil
	}
	return i.Blocks[at]
}

// actor is whom that system takes the identity for.
func (i Identity) actor(s SystemName) Actor {
	if b := i.On(s); b != nil {
		return b.Actor()
	}
	return Actor{}
}

// Fenced reports whether a session as the identity can be had under a policy of
// ours.
func (i Identity) Fenced(s SystemName) bool { return i.actor(s).Fenced }

// Principal is the subject's name on that system as the scenario states it.
func (i Identity) Principal(s SystemName) string { return i.actor(s).Principal }

// Fidelity returns how close a verdict on this identity is to the person.
func (i Identity) Fidelity(s SystemName) Fidelity {
	switch {
	case i.actor(s).Impersonated:
		return Impersonated
	case i.Persona:
		return Persona
	default:
		return RealCredential
	}
}

// Shared reports whether some system knows the identity by what several people may
// use.
func (i Identity) Shared() bool {
	return slices.ContainsFunc(i.Blocks, func(b IdentityBlock) bool { return b.Actor().Shared })
}

// Names lists every name that an identity has in any system, and those that Persons
// says.
func (i Identity) Names() []string {
	out := slices.Clone(i.Persons)
	for _, b := range i.Blocks {
		for _, name := range []string{b.Actor().Person, b.Actor().Principal} {
			if name != "" {
				out = append(out, name)
			}
		}
	}
	return out
}

// MarshalJSON writes the form that the YAML has.
func (i Identity) MarshalJSON() ([]byte, error) {
	type plain Identity
	blocks := make([]Block, len(i.Blocks))
	for at, b := range i.Blocks {
		blocks[at] = b
	}
	return withBlocks(plain(i), blocks)
}

// Secret says where a secret is. It never holds one. Exactly one field is set.
type Secret struct {
	// Env is the name of an environment variable.
	Env string `yaml:"env,omitempty" json:"env,omitempty" jsonschema:"pattern=^[A-Za-z_][A-Za-z0-9_]*$"`
	// File is a path, relative to the scenario's folder.
	File string `yaml:"file,omitempty" json:"file,omitempty"`
	// Keyring is the name of an entry for the service sodprobe in the
	// system's keyring.
	Keyring string `yaml:"keyring,omitempty" json:"keyring,omitempty"`
}

// String names the place of the secret.
func (s Secret) String() string {
	switch {
	case s.Env != "":
		return "the environment variable " + s.Env
	case s.File != "":
		return "the file " + s.File
	default:
		return "the keyring entry " + s.Keyring
	}
}

// Subject is who the server says the caller is.
type Subject struct {
	Name   string              `json:"name"`
	UID    string              `json:"uid,omitempty"`
	Groups []string            `json:"groups,omitempty"`
	Extra  map[string][]string `json:"extra,omitempty"`
}
