package targets_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sodprobe/sodprobe/targets"
)

func TestResolve(t *testing.T) {
	rules := []targets.Rule{{
		Method: "PATCH", Path: "/namespaces/{scope}/{name}", Query: map[string]string{"fieldManager": "{run}"},
		Header: map[string]string{"Accept": "a"}, Body: map[string]string{"/a": "x{run}y{run}"}, Mutating: true, Keep: []string{"/kind"},
	}}
	vars := map[string]string{"scope": "prod", "name": "{run}", "run": "r"}
	got, err := targets.Resolve(rules, vars)
	if err != nil {
		t.Fatal(err)
	}
	want := []targets.Rule{{
		Method: "PATCH", Path: "/namespaces/prod/{run}", Query: map[string]string{"fieldManager": "r"},
		Header: map[string]string{"Accept": "a"}, Body: map[string]string{"/a": "xryr"}, Mutating: true, Keep: []string{"/kind"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if rules[0].Query["fieldManager"] != "{run}" {
		t.Error("the rules that were given have changed")
	}
}

func TestResolveRefusesHoles(t *testing.T) {
	for _, template := range []string{"{unknown}", "{scope", "scope}", "{}", "{{{scope", "a}b{scope}"} {
		for _, rule := range []targets.Rule{
			{Path: template}, {Query: map[string]string{"a": template}}, {Header: map[string]string{"a": template}}, {Body: map[string]string{"/a": template}},
		} {
			if got, err := targets.Resolve([]targets.Rule{rule}, map[string]string{"scope": "prod"}); err == nil {
				t.Errorf("%q resolves to %+v", template, got)
			}
		}
	}
}
