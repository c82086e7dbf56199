package scenarios

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/sodprobe/sodprobe/targets"
)

// decoder fills a Scenario from a YAML tree and notes every mistake of form.
// The rules of a field stand in its struct tag, where the JSON Schema takes
// them from as well.
type decoder struct {
	*finder
	// systems are those of which there may be blocks.
	systems targets.Systems
	// places remembers where each value stands, by its path.
	places map[string]*yaml.Node
}

// field is one field of a struct, by its tags.
type field struct {
	index    int
	name     string
	required bool
	rules    []string // of the jsonschema tag, "key=value"
	// whole says that a comment may not end the text: it could be a part of it.
	whole bool
}

func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		name, _, _ := strings.Cut(tag.Get("yaml"), ",")
		if name == "-" {
			continue
		}
		f := field{index: i, name: name, whole: tag.Get("text") == "whole"}
		for rule := range strings.SplitSeq(tag.Get("jsonschema"), ",") {
			if rule == "required" {
				f.required = true
			} else if rule != "" {
				f.rules = append(f.rules, rule)
			}
		}
		out = append(out, f)
	}
	return out
}

// value decodes one node into v.
func (d *decoder) value(n *yaml.Node, v reflect.Value, path string) {
	d.places[path] = n
	if !d.plain(n) {
		return
	}
	if v.Type() == reflect.TypeFor[targets.Secret]() {
		d.whereSecret(n, v, path)
		return
	}
	if u, ok := v.Addr().Interface().(yaml.Unmarshaler); ok {
		if err := d.nested(n); err != nil {
			return
		}
		if err := u.UnmarshalYAML(n); err != nil {
			d.at(n.Line, n.Column, path+": "+describeNode(n)+" does not fit", strings.TrimPrefix(err.Error(), "want "))
		}
		return
	}
	if v.Type() == reflect.TypeFor[time.Time]() {
		d.time(n, v, path)
		return
	}
	read := map[reflect.Kind]func(*yaml.Node, reflect.Value, string){
		reflect.Pointer: d.pointer, reflect.Struct: d.mapping, reflect.Map: d.table, reflect.Slice: d.list,
	}[v.Kind()]
	if read == nil {
		read = d.scalar
	}
	read(n, v, path)
}

func (d *decoder) pointer(n *yaml.Node, v reflect.Value, path string) {
	v.Set(reflect.New(v.Type().Elem()))
	d.value(n, v.Elem(), path)
}

// plain refuses anchors, aliases and tags: what stands there is what counts.
func (d *decoder) plain(n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		d.at(n.Line, n.Column, "an alias", "write the value out")
		return false
	case n.Anchor != "":
		d.at(n.Line, n.Column, "an anchor", "write the value out where it is used")
		return false
	case n.Style&yaml.TaggedStyle != 0:
		d.at(n.Line, n.Column, "a tag", "write the value without one")
		return false
	case n.Kind == yaml.ScalarNode && strings.ContainsFunc(n.Value, hidden):
		d.at(
			n.Line,
			n.Column,
			"the text holds a line break or a character that cannot be seen",
			"one line of visible text; fold a long one with >-",
		)
		return false
	default:
		return true
	}
}

// nested checks the parts of a value that decodes itself.
func (d *decoder) nested(n *yaml.Node) error {
	before := len(d.found)
	for _, c := range n.Content {
		if d.plain(c) {
			_ = d.nested(c) // counted below
		}
	}
	if n.Kind == yaml.MappingNode {
		d.keys(n)
	}
	if len(d.found) > before {
		return fmt.Errorf("%d mistakes", len(d.found)-before)
	}
	return nil
}

// keys notes duplicate and complex keys, and returns those that are neither,
// with their values.
func (d *decoder) keys(n *yaml.Node) (keys, values []*yaml.Node) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if !d.plain(k) {
			continue
		}
		switch line, twice := seen[k.Value]; {
		case k.Kind != yaml.ScalarNode || k.Tag != "!!str":
			d.at(k.Line, k.Column, "a key that is not a name", "write the values out")
		case twice:
			d.at(k.Line, k.Column, fmt.Sprintf("%q is a duplicate of line %d", k.Value, line), "keep one")
		default:
			seen[k.Value] = k.Line
			keys, values = append(keys, k), append(values, n.Content[i+1])
		}
	}
	return keys, values
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	if !d.kind(n, yaml.MappingNode, path) {
		return
	}
	fields := fieldsOf(v.Type())
	keys, values := d.keys(n)
	given := map[string]bool{}
	for i, k := range keys {
		at := slices.IndexFunc(fields, func(f field) bool { return f.name == k.Value })
		if at < 0 {
			if !d.block(k, values[i], v, path) {
				d.unknown(k, path, append(namesOf(fields), d.systemNames(v)...))
			}
			continue
		}
		f := fields[at]
		given[f.name] = true
		before := len(d.found)
		if f.whole {
			eachScalar(values[i], func(n *yaml.Node) { d.cut(n, join(path, f.name)) })
		}
		d.value(values[i], v.Field(f.index), join(path, f.name))
		if len(d.found) == before {
			d.rules(values[i], v.Field(f.index), f, join(path, f.name))
		}
	}
	d.order(v, keys)
	for _, f := range fields {
		if f.required && !given[f.name] {
			d.at(n.Line, n.Column, join(path, f.name)+" is missing", missingAdvice(f.name))
		}
	}
}

// missingAdvice says what to write for the fields that people forget most.
func missingAdvice(name string) string {
	if name == "groups" {
		return "groups: [] if the user has none; a forgotten group gives a false Blocked"
	}
	return "add " + name + ":"
}

// unknown notes a field that nothing has, with the nearest that something
// does. What looks like a secret is named as one.
func (d *decoder) unknown(k *yaml.Node, path string, names []string) {
	words := []string{"token", "password", "secret", "privatekey", "clientkey", "apikey", "accesskey", "passphrase", "credential"}
	for _, word := range words {
		if strings.Contains(strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(k.Value)), word) {
			d.secret(k.Line, k.Column, join(path, k.Value)+": a secret has no place in a scenario",
				"name a kubeconfig context that holds the credential, or where it is: {env: …}, {file: …}")
			return
		}
	}
	instead := "one of: " + strings.Join(names, ", ")
	if near := nearest(k.Value, names); near != "" {
		instead = near
	}
	d.at(k.Line, k.Column, fmt.Sprintf("unknown field %q", join(path, k.Value)), instead)
}

func (d *decoder) table(n *yaml.Node, v reflect.Value, path string) {
	if !d.kind(n, yaml.MappingNode, path) {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	keys, values := d.keys(n)
	for i, k := range keys {
		element := reflect.New(v.Type().Elem()).Elem()
		d.value(values[i], element, join(path, k.Value))
		v.SetMapIndex(reflect.ValueOf(k.Value), element)
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string) {
	if !d.kind(n, yaml.SequenceNode, path) {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, c := range n.Content {
		d.value(c, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	want := map[reflect.Kind]string{
		reflect.String: "!!str", reflect.Int: "!!int", reflect.Int64: "!!int", reflect.Float64: "!!float", reflect.Bool: "!!bool",
	}[v.Kind()]
	number := v.Kind() == reflect.Float64 && n.Tag == "!!int"
	if n.Kind != yaml.ScalarNode || (n.Tag != want && !number) {
		d.at(n.Line, n.Column, path+": "+describeNode(n)+" does not fit", map[string]string{
			"!!str": "text; put it in quotes", "!!int": "a whole number", "!!float": "a number", "!!bool": "true or false",
		}[want])
		return
	}
	if err := fill(n.Value, v); err != nil {
		d.at(n.Line, n.Column, path+": "+describeNode(n)+" is not a plain number", "decimal digits")
	}
}

// fill sets a string, a boolean or a number from its text. YAML knows True and
// TRUE as well as true; ParseBool reads them all.
func fill(text string, v reflect.Value) error {
	if v.Kind() == reflect.String {
		v.SetString(text)
		return nil
	}
	if v.Kind() == reflect.Bool {
		b, err := strconv.ParseBool(text)
		v.SetBool(b)
		return err
	}
	if v.Kind() == reflect.Float64 {
		f, err := strconv.ParseFloat(text, 64)
		v.SetFloat(f)
		return err
	}
	i, err := strconv.ParseInt(text, 10, 64)
	v.SetInt(i)
	return err
}

// time reads a time in UTC, written with Z: an offset invites mistakes.
func (d *decoder) time(n *yaml.Node, v reflect.Value, path string) {
	t, err := time.Parse("2006-01-02T15:04:05Z", n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		d.at(n.Line, n.Column, path+": "+describeNode(n)+" is not a time", "UTC with Z, as in 2026-10-01T00:00:00Z")
		return
	}
	v.Set(reflect.ValueOf(t))
}

// rules checks a decoded value against its field's tag.
func (d *decoder) rules(n *yaml.Node, v reflect.Value, f field, path string) {
	var enum []string
	for _, rule := range f.rules {
		key, want, _ := strings.Cut(rule, "=")
		text := fmt.Sprint(v.Interface())
		switch key {
		case "enum":
			enum = append(enum, want)
		case "pattern":
			if !regexp.MustCompile(want).MatchString(text) {
				d.at(n.Line, n.Column, fmt.Sprintf("%s: %q does not have the form", path, text), want)
			}
		case "minimum", "maximum", "exclusiveMinimum":
			d.bound(n, v, key, want, path)
		case "minItems":
			if v.Len() == 0 {
				d.at(n.Line, n.Column, path+" is empty", "at least one")
			}
		case "format":
			if !regexp.MustCompile(`^[^@\s]+@[^@\s]+$`).MatchString(text) {
				d.at(n.Line, n.Column, fmt.Sprintf("%s: %q is not an email address", path, text), "as in soc@corp.example")
			}
		}
	}
	if text := fmt.Sprint(v.Interface()); len(enum) > 0 && !slices.Contains(enum, text) {
		instead := "one of: " + strings.Join(enum, ", ")
		if len(enum) == 1 {
			instead = enum[0]
		}
		d.at(n.Line, n.Column, fmt.Sprintf("%s: %q is not allowed", path, text), instead)
	}
	if f.required && v.Kind() == reflect.String && strings.TrimSpace(v.String()) == "" {
		d.at(n.Line, n.Column, path+" is empty", "write a value")
	}
}

func (d *decoder) bound(n *yaml.Node, v reflect.Value, key, want, path string) {
	limit, err := strconv.ParseFloat(want, 64)
	got := reflect.Indirect(v).Convert(reflect.TypeFor[float64]()).Float()
	ok := map[string]bool{"minimum": got >= limit, "maximum": got <= limit, "exclusiveMinimum": got > limit}[key]
	if err != nil || !ok {
		d.at(n.Line, n.Column, fmt.Sprintf("%s: %s is out of bounds", path, n.Value), map[string]string{
			"minimum": "at least " + want, "maximum": "at most " + want, "exclusiveMinimum": "more than " + want,
		}[key])
	}
}

// kind reports whether a node has the kind that its field needs.
func (d *decoder) kind(n *yaml.Node, want yaml.Kind, path string) bool {
	if n.Kind == want {
		return true
	}
	instead := "a list, as in [a, b]"
	if want == yaml.MappingNode {
		instead = "fields, as in {name: value}"
	}
	d.at(n.Line, n.Column, path+": "+describeNode(n)+" does not fit", instead)
	return false
}

func describeNode(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return "nothing"
	case n.Kind == yaml.ScalarNode:
		return strconv.Quote(n.Value)
	default:
		return "this"
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
