package targets

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
)

// SystemName names a kind of target, as its blocks of the scenario do.
type SystemName string

// Target is one system under test, pinned: what the scenario's approvers
// agreed to, so that a run can refuse anything else.
type Target struct {
	ID                string  `yaml:"id" json:"id" jsonschema:"required,pattern=^[a-z0-9][a-z0-9-]*$"`
	RequestsPerSecond float64 `yaml:"requestsPerSecond" json:"requestsPerSecond" jsonschema:"required,exclusiveMinimum=0"`
	// Block is the one system's own, under its name; nil where there is not exactly
	// one.
	Block TargetBlock `yaml:"-" json:"-"`
}

// System returns the kind of the target, or "" when not exactly one block is
// set.
func (t Target) System() SystemName {
	if t.Block == nil {
		return ""
	}
	return t.Block.System()
}

// Place returns the production or the allowed place of the target.
func (t Target) Place(kind PlaceKind) Place {
	if t.Block == nil {
		return Place{Kind: kind}
	}
	return t.Block.Place(kind)
}

// MarshalJSON writes the form that the YAML has.
func (t Target) MarshalJSON() ([]byte, error) {
	type plain Target
	var blocks []Block
	if t.Block != nil {
		blocks = append(blocks, t.Block)
	}
	return withBlocks(plain(t), blocks)
}

// withBlocks writes a value with each block under its system's name.
func withBlocks(v any, blocks []Block) ([]byte, error) {
	out, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	for _, b := range blocks {
		field, err := json.Marshal(map[SystemName]Block{b.System(): b})
		if err != nil {
			return nil, err
		}
		out = append(append(bytes.TrimSuffix(out, []byte("}")), ','), bytes.TrimPrefix(field, []byte("{"))...)
	}
	return out, nil
}

// PlaceKind tells the two columns of the experiment apart.
type PlaceKind string

// The two places of the experiment.
const (
	Production PlaceKind = "production"
	Allowed    PlaceKind = "allowed"
)

// Place is where a request goes.
type Place struct {
	Kind PlaceKind
	// Scope is what the system calls the whole: a namespace, a project, a region.
	Scope string
	// Title is the place in the words of a reader of the scenario.
	Title string
	// Values are the system's own of the place, as templates name them.
	Values map[string]string
}

// Vars returns the place's values for templates.
func (p Place) Vars() map[string]string {
	vars := map[string]string{"scope": p.Scope}
	maps.Copy(vars, p.Values)
	return vars
}

// InPath is a name as it stands in one segment of a path: its slashes are
// escaped, and nothing else has to be, since names are checked for their form.
func InPath(name string) string { return strings.ReplaceAll(name, "/", "%2F") }
