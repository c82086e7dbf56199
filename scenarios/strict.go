package scenarios

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/sodprobe/sodprobe/targets"
)

// Strict reads one YAML document into the struct that v points to, by the rules
// that hold for scenarios: of bytes, of form, and of the tags of its fields. file
// is its name in messages. The error is a *Mistakes with every one.
func Strict(file string, data []byte, v any) error {
	f := newFinder(file, data)
	if !f.source(data) {
		return f.err()
	}
	if root := f.document(data); root != nil {
		d := &decoder{finder: f, places: map[string]*yaml.Node{}}
		d.value(root, reflect.ValueOf(v).Elem(), "")
	}
	return f.err()
}

// Visible checks that a file that people read holds only characters that they
// see: those of a scenario, and tabs. The error is a *Mistakes with every one that
// does not.
func Visible(file string, data []byte) error {
	f := newFinder(file, data)
	f.tabs = true
	f.characters(data)
	return f.err()
}

func newFinder(file string, data []byte) *finder {
	return &finder{file: file, lines: strings.Split(string(data), "\n")}
}

// cut notes plain text that ends where a comment begins: whoever wrote CHG #4
// meant all of it, and the machine reads CHG.
func (d *decoder) cut(n *yaml.Node, path string) {
	if n.Style != 0 || n.Line < 1 || n.Line > len(d.lines) {
		return
	}
	if _, first := strings.CutPrefix(d.from(n), n.Value); !first {
		d.at(n.Line, n.Column, path+": text without quotes goes over several lines, where a comment may cut it", "put the whole text in quotes, or fold it with >-")
		return
	}
	rest, ok := strings.CutPrefix(d.from(n), n.Value)
	if comment := strings.TrimLeft(rest, " "); !ok || comment == rest || !strings.HasPrefix(comment, "#") {
		return
	}
	d.at(n.Line, n.Column, fmt.Sprintf("%s: the text ends before %q, which is a comment", path, short(strings.TrimLeft(rest, " "))),
		"put the whole text in quotes, or the comment on a line of its own")
}

func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// from is the line of a node, from where it begins.
func (d *decoder) from(n *yaml.Node) string {
	line := []rune(d.lines[n.Line-1])
	return string(line[min(n.Column-1, len(line)):])
}

// ascii notes, of all that names somebody or something to a machine, what is not
// printable ASCII: letters of other scripts look like others and mean others.
func (c *checker) ascii() {
	if c.scenario.Rules.Unicode {
		return
	}
	for place, n := range c.places {
		free := strings.HasSuffix(place, ".positive") && mapped(n, "waive")
		if n.Kind == yaml.ScalarNode && named(place) && !free {
			c.printable(n)
		}
		if n.Kind == yaml.MappingNode && named(place) {
			for i := 0; i+1 < len(n.Content); i += 2 {
				c.printable(n.Content[i])
				if strings.HasSuffix(place, ".positive") && !free {
					eachScalar(n.Content[i+1], c.printable)
				}
			}
		}
		if n.Kind == yaml.SequenceNode && strings.HasSuffix(place, ".as") {
			eachScalar(n, c.printable)
		}
	}
}

// named reports whether a place is in one of the parts that machines read.
func named(place string) bool {
	parts := []string{"targets[", "identities[", "attempts["}
	return slices.ContainsFunc(parts, func(part string) bool { return strings.HasPrefix(place, part) })
}

func mapped(n *yaml.Node, key string) bool {
	return n.Kind == yaml.MappingNode && len(n.Content) > 0 && n.Content[0].Value == key
}

func eachScalar(n *yaml.Node, do func(*yaml.Node)) {
	if n.Kind == yaml.ScalarNode {
		do(n)
	}
	for _, c := range n.Content {
		eachScalar(c, do)
	}
}

func (c *checker) printable(n *yaml.Node) {
	for _, r := range n.Value {
		if r < ' ' || r > '~' {
			c.at(n.Line, n.Column, fmt.Sprintf("%q holds %q (U+%04X), which is no printable ASCII", n.Value, r, r),
				"write it in ASCII; where the name is really so, say rules.unicode: true, and compare the code points that explain prints")
			return
		}
	}
}

// Strange lists, for people, what in a scenario names somebody or something and is
// not printable ASCII, each with its code points.
func Strange(s *Scenario) []string {
	var out []string
	add := func(what, name string) {
		if said := targets.Legible(name); said != name {
			out = append(out, what+": "+said)
		}
	}
	eachText(reflect.ValueOf(s.Targets), "targets", add)
	eachText(reflect.ValueOf(s.Identities), "identities", add)
	eachText(reflect.ValueOf(s.Attempts), "attempts", add)
	return out
}

// eachText calls do with every text of a value, keys of maps included, in an order
// that is always the same.
func eachText(v reflect.Value, at string, do func(at, text string)) {
	switch v.Kind() { //nolint:exhaustive // of all kinds, those that a scenario is made of
	case reflect.String:
		do(at, v.String())
	case reflect.Interface:
		if b, ok := v.Interface().(targets.Block); ok {
			eachText(v.Elem(), join(at, string(b.System())), do)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			eachText(v.Elem(), at, do)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
			if name == "-" { // blocks, which stand under their systems' names
				eachText(v.Field(i), at, do)
				continue
			}
			eachText(v.Field(i), join(at, cmp.Or(name, strings.ToLower(v.Type().Field(i).Name))), do)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if v.Index(i).Kind() == reflect.Interface {
				eachText(v.Index(i), at, do)
				continue
			}
			eachText(v.Index(i), fmt.Sprintf("%s[%d]", at, i), do)
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, k := range keys {
			do(at, k.String())
			eachText(v.MapIndex(k), join(at, k.String()), do)
		}
	default: // numbers and booleans look like what they are
	}
}
