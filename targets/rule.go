package targets

import (
	"fmt"
	"maps"
	"strings"
)

// Resolve fills the {name} templates of rules. It returns fresh rules. An
// unknown name or a stray brace is an error, so that no rule with a hole in
// it reaches the guard. Values are not templates: braces in them stay.
func Resolve(rules []Rule, vars map[string]string) ([]Rule, error) {
	out := make([]Rule, len(rules))
	for i, r := range rules {
		var err error
		if r.Path, err = fill(r.Path, vars); err != nil {
			return nil, fmt.Errorf("path: %w", err)
		}
		if r.Text, err = fill(r.Text, vars); err != nil {
			return nil, fmt.Errorf("text: %w", err)
		}
		for _, m := range []*map[string]string{&r.Query, &r.Header, &r.Body} {
			if *m, err = fillMap(*m, vars); err != nil {
				return nil, err
			}
		}
		if r.Push, err = fillPush(r.Push, vars); err != nil {
			return nil, fmt.Errorf("push: %w", err)
		}
		if r.Replace, err = fillReplace(r.Replace, vars); err != nil {
			return nil, fmt.Errorf("replace: %w", err)
		}
		if r.Prepare, err = fillPreparations(r.Prepare, vars); err != nil {
			return nil, err
		}
		out[i] = r
	}
	return out, nil
}

func fillPush(p *Push, vars map[string]string) (*Push, error) {
	if p == nil {
		return nil, nil
	}
	ref, err := fill(p.Ref, vars)
	if err != nil {
		return nil, err
	}
	beside, err := fill(p.Beside, vars)
	return &Push{Ref: ref, Form: p.Form, Beside: beside}, err
}

func fillMap(m, vars map[string]string) (map[string]string, error) {
	out := maps.Clone(m)
	for k, v := range m {
		filled, err := fill(v, vars)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k, err)
		}
		out[k] = filled
	}
	return out, nil
}

// Literal escapes the braces of a text that is no template.
func Literal(text string) string {
	return strings.NewReplacer("{", "{{", "}", "}}").Replace(text)
}

// fill replaces each {name} once, left to right; {{ and }} stand for a brace.
func fill(template string, vars map[string]string) (string, error) {
	var b strings.Builder
	for rest := template; rest != ""; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:i])
		brace := rest[i]
		rest = rest[i+1:]
		if rest != "" && rest[0] == brace {
			b.WriteByte(brace)
			rest = rest[1:]
			continue
		}
		if brace == '}' {
			return "", fmt.Errorf("template %q has a stray brace", template)
		}
		name, tail, closed := strings.Cut(rest, "}")
		value, known := vars[name]
		if !closed || !known {
			return "", fmt.Errorf("template %q names an unknown value {%s}", template, name)
		}
		b.WriteString(value)
		rest = tail
	}
	return b.String(), nil
}
