package kubernetes

import (
	"regexp"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// CustomResourcePatch attempts to change a custom resource that an operator
// turns into a deployment.
func CustomResourcePatch() probes.Probe {
	served := func(with map[string]string) resource {
		return resource{with["group"], with["version"], with["plural"], ""}
	}
	p := complete(probes.Probe{
		ID: "kubernetes.customresource.patch", Title: "Change a custom resource that an operator deploys from",
		Why:    "A developer who can patch the custom resource of an operator makes the operator change production for them.",
		Attack: "T1072", Controls: probes.ChangeControls(),
		Needs: []probes.Need{
			{Name: "group", Doc: "the API group", Example: "argoproj.io", Pattern: subdomain()},
			{Name: "version", Doc: "the API version", Example: "v1alpha1", Pattern: regexp.MustCompile(`^v[0-9]+((alpha|beta)[0-9]+)?$`)},
			{Name: "plural", Doc: "the plural name of the resource", Example: "rollouts", Pattern: regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)},
			existing("name", "an object that exists in both namespaces", "api"),
		},
		Limits: []string{"An annotation is patched: a rule that guards single fields of the resource is not tested."},
	}, probes.DryRun)
	p.Also = verbs("update")
	p.Allow = []targets.Rule{{
		Method: "PATCH", Path: "/apis/{group}/{version}/namespaces/{scope}/{plural}/{name}", Query: dryRunQuery(), Mutating: true,
		Header: map[string]string{"Content-Type": mergePatch},
		Body:   map[string]string{"/metadata/annotations/sodprobe-run": "{run}"},
	}}
	p.Reached = []string{"status:200"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		r, name := served(params.With), params.With["name"]
		return targets.Request{
			Action: "patch", Resource: r.String(), Name: name, Scope: place.Scope,
			Method: "PATCH", Path: r.path(place.Scope, name, ""), Query: queryOf(params.Arm),
			Header: map[string]string{"Content-Type": mergePatch},
			Body:   object{"metadata": object{"annotations": object{"sodprobe-run": params.Run}}}.bytes(),
		}
	}
	p.State = func(place targets.Place, params probes.Params) []targets.StateQuery {
		return []targets.StateQuery{served(params.With).get(place.Scope, params.With["name"], true, "/metadata/annotations")}
	}
	return p
}
