package scenarios

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"

	"github.com/invopop/jsonschema"

	"github.com/sodprobe/sodprobe/targets"
)

// Schema is the JSON Schema (draft 2020-12) of scenarios, generated from the
// types and from the systems' blocks. Loading is stricter: it also checks what
// stands across fields.
func Schema(systems targets.Systems) ([]byte, error) {
	r := jsonschema.Reflector{
		DoNotReference: false, RequiredFromJSONSchemaTags: true, FieldNameTag: "yaml", Anonymous: true,
	}
	schema := r.Reflect(&Scenario{})
	schema.Title = "sodprobe scenario"
	for _, s := range systems {
		r.Namer = prefixed(s)
		blockSchema(&r, schema, "Target", s.Name, s.NewTarget())
		blockSchema(&r, schema, "Identity", s.Name, s.NewIdentity())
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	err := enc.Encode(schema)
	return b.Bytes(), err
}

// prefixed names the types of a system's package after the system, since two may
// have the same.
func prefixed(s targets.System) func(reflect.Type) string {
	own := reflect.TypeOf(s.NewTarget()).Elem().PkgPath()
	return func(t reflect.Type) string {
		if t.PkgPath() == own {
			return s.Title + t.Name()
		}
		return t.Name()
	}
}

// blockSchema adds a system's block to the definition of its owner.
func blockSchema(r *jsonschema.Reflector, schema *jsonschema.Schema, owner string, name targets.SystemName, block any) {
	own := r.Reflect(block)
	maps.Copy(schema.Definitions, own.Definitions)
	schema.Definitions[owner].Properties.Set(string(name), &jsonschema.Schema{Ref: own.Ref})
}

// JSONSchema implements the generator's hook.
func (Duration) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: `^([0-9]+(\.[0-9]+)?(ms|s|m))+$`, Description: "a duration such as 10s"}
}

// JSONSchema implements the generator's hook.
func (Subjects) JSONSchema() *jsonschema.Schema {
	one := uint64(1)
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
		{Type: "array", Items: &jsonschema.Schema{Type: "string"}, MinItems: &one, UniqueItems: true},
		object("role", &jsonschema.Schema{Const: "developer"}),
	}}
}

// JSONSchema implements the generator's hook.
func (Positive) JSONSchema() *jsonschema.Schema {
	one := uint64(1)
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
		{Type: "string", MinLength: &one},
		object("waive", &jsonschema.Schema{Type: "string", MinLength: &one}),
		approvedRequest(),
	}}
}

// approvedRequest is a positive arm with parameters of its own.
func approvedRequest() *jsonschema.Schema {
	one := uint64(1)
	fields := jsonschema.NewProperties()
	fields.Set("as", &jsonschema.Schema{Type: "string", MinLength: &one})
	fields.Set("with", &jsonschema.Schema{Type: "object", MinProperties: &one, AdditionalProperties: &jsonschema.Schema{Type: "string"}})
	return &jsonschema.Schema{
		Type:                 "object",
		Properties:           fields,
		Required:             []string{"as", "with"},
		AdditionalProperties: jsonschema.FalseSchema,
	}
}

// object is a schema with exactly one field.
func object(name string, of *jsonschema.Schema) *jsonschema.Schema {
	fields := jsonschema.NewProperties()
	fields.Set(name, of)
	return &jsonschema.Schema{Type: "object", Properties: fields, Required: []string{name}, AdditionalProperties: jsonschema.FalseSchema}
}
