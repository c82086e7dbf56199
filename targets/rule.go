package targets

import (
	"fmt"
	"maps"

	"github.com/sodprobe/sodprobe/targets/template"
)

// Resolve fills the {name} templates of rules. It returns fresh rules. An
// unknown name or a stray brace is an error, so that no rule with a hole in
// it reaches the guard. Values are not templates: braces in them stay.
func Resolve(rules []Rule, vars map[string]string) ([]Rule, error) {
	out := make([]Rule, len(rules))
	for i, r := range rules {
		var err error
		if r.Path, err = template.Fill(r.Path, vars); err != nil {
			return nil, fmt.Errorf("path: %w", err)
		}
		if r.Text, err = template.Fill(r.Text, vars); err != nil {
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
	ref, err := template.Fill(p.Ref, vars)
	if err != nil {
		return nil, err
	}
	beside, err := template.Fill(p.Beside, vars)
	return &Push{Ref: ref, Form: p.Form, Beside: beside}, err
}

func fillMap(m, vars map[string]string) (map[string]string, error) {
	out := maps.Clone(m)
	for k, v := range m {
		filled, err := template.Fill(v, vars)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k, err)
		}
		out[k] = filled
	}
	return out, nil
}
