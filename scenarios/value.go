package scenarios

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/sodprobe/sodprobe/targets"
)

// Duration returns the time.Duration.
func (d Duration) Duration() time.Duration { return time.Duration(d) }

// isText reports whether a node is text with something in it: a number, a
// boolean or null is not, even where it could be read as text.
func isText(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!str" && strings.TrimSpace(n.Value) != ""
}

// UnmarshalYAML reads 10s or 2m.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		return errors.New("want a duration such as 10s or 2m")
	}
	if v <= 0 || v > 5*time.Minute {
		return errors.New("want a duration above 0 and at most 5m")
	}
	*d = Duration(v)
	return nil
}

// UnmarshalYAML reads a list of ids, or {role: developer}.
func (s *Subjects) UnmarshalYAML(n *yaml.Node) error {
	const want = "want a list of identity ids such as [dev-alice], or {role: developer}"
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[0].Value == "role" && n.Content[1].Value == string(targets.Developer) {
		s.Role = targets.Developer
		return nil
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return errors.New(want)
	}
	for _, c := range n.Content {
		if !isText(c) {
			return errors.New(want)
		}
		s.IDs = append(s.IDs, c.Value)
	}
	return nil
}

// UnmarshalYAML reads an identity id, {as: ID, with: {…}}, or {waive: "reason"}.
func (p *Positive) UnmarshalYAML(n *yaml.Node) error {
	const want = `want an identity id, {as: ID, with: {…}}, or {waive: "why no authorized identity may be lent"}`
	if isText(n) {
		p.Identity = n.Value
		return nil
	}
	fields := map[string]*yaml.Node{}
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		fields[n.Content[i].Value] = n.Content[i+1]
	}
	as, with, waive := fields["as"], fields["with"], fields["waive"]
	switch {
	case len(fields) == 1 && waive != nil && isText(waive):
		p.Waive = waive.Value
		return nil
	case len(fields) == 2 && as != nil && with != nil && isText(as):
		p.Identity = as.Value
		return p.with(with)
	}
	return errors.New(want)
}

// with reads the parameters of the positive arm.
func (p *Positive) with(n *yaml.Node) error {
	const want = `want the parameters that differ, such as {mergeRequest: "9"}`
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		return errors.New(want)
	}
	p.With = map[string]string{}
	for i := 0; i < len(n.Content); i += 2 {
		if !isText(n.Content[i+1]) {
			return errors.New(want)
		}
		p.With[n.Content[i].Value] = n.Content[i+1].Value
	}
	return nil
}

// MarshalJSON writes the form that the YAML has.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// MarshalJSON writes the form that the YAML has.
func (s Subjects) MarshalJSON() ([]byte, error) {
	if s.Role != "" {
		return json.Marshal(map[string]targets.Role{"role": s.Role})
	}
	return json.Marshal(s.IDs)
}

// MarshalJSON writes the form that the YAML has.
func (p Positive) MarshalJSON() ([]byte, error) {
	if p.Waive != "" {
		return json.Marshal(map[string]string{"waive": p.Waive})
	}
	if len(p.With) > 0 {
		return json.Marshal(map[string]any{"as": p.Identity, "with": p.With})
	}
	return json.Marshal(p.Identity)
}
