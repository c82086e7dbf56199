package scenarios

import (
	"bytes"
	"encoding/json"

	"github.com/invopop/jsonschema"
)

// Schema is the JSON Schema (draft 2020-12) of scenarios, generated from the
// types. Loading is stricter: it also checks what stands across fields.
func Schema() ([]byte, error) {
	r := jsonschema.Reflector{
		DoNotReference: false, RequiredFromJSONSchemaTags: true, FieldNameTag: "yaml", Anonymous: true,
	}
	schema := r.Reflect(&Scenario{})
	schema.Title = "sodprobe scenario"
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	err := enc.Encode(schema)
	return b.Bytes(), err
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
