package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/kubernetes"
)

// The content types of patches.
const (
	jsonBody       = "application/json"
	mergePatch     = "application/merge-patch+json"
	strategicPatch = "application/strategic-merge-patch+json"
	jsonPatch      = "application/json-patch+json"
)

// dryRunQuery is the query of every dry-run write, as a template. A server
// ignores a misspelled dryRun and writes (kube-apiserver v1.37.2), so the
// guard demands it to the letter.
func dryRunQuery() map[string]string {
	return map[string]string{"dryRun": "All", "fieldManager": "{arm}"}
}

func queryOf(arm string) map[string]string {
	return map[string]string{"dryRun": "All", "fieldManager": arm}
}

// creates completes a probe that creates an object, named after the run, by
// dry run. body fills in the rest of the object.
func creates(p probes.Probe, r resource, body func(probes.Params) object) probes.Probe {
	p = complete(p, probes.DryRun)
	if p.Also == nil {
		p.Also = alone
	}
	template := "{scope}"
	scope := func(place targets.Place) string { return place.Scope }
	if p.Baseline.Standing != nil {
		template, scope = "", func(targets.Place) string { return "" }
	}
	p.Allow = []targets.Rule{{
		Method: "POST", Path: r.path(template, "", ""), Query: dryRunQuery(), Mutating: true,
		Header:  map[string]string{"Content-Type": jsonBody},
		Body:    map[string]string{"/metadata/name": "{run}", "/kind": r.kind},
		Prepare: r.kept(),
	}}
	p.Reached = []string{"status:201"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		o := r.named(params.Run)
		for k, v := range body(params) {
			o[k] = v
		}
		return targets.Request{
			Action: "create", Resource: r.String(), Scope: scope(place),
			Method: "POST", Path: r.path(scope(place), "", ""), Query: queryOf(params.Arm),
			Header: map[string]string{"Content-Type": jsonBody}, Body: o.bytes(),
		}
	}
	p.State = func(place targets.Place, params probes.Params) []targets.StateQuery {
		return []targets.StateQuery{
			theNamespace(place),
			r.get(scope(place), params.Run, false),
		}
	}
	return p
}

// deletion is set on an object that is on its way out: its uid stays.
const deletion = "/metadata/deletionTimestamp"

// deletes completes a probe that deletes an existing object by dry run. A
// body without dryRun overrides the query and deletes (kube-apiserver
// v1.37.2), so dryRun stands in both.
func deletes(p probes.Probe, r resource, template, need string, in where) probes.Probe {
	p = complete(p, probes.DryRun)
	p.Also = collectively("deletecollection")
	p.Allow = []targets.Rule{{
		Method: "DELETE", Path: r.path(template, "{"+need+"}", ""), Query: map[string]string{"dryRun": "All"}, Mutating: true,
		Header: map[string]string{"Content-Type": jsonBody},
		Body:   map[string]string{"/dryRun/0": "All", "/kind": "DeleteOptions"},
	}}
	p.Reached = []string{"status:200", "status:202"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		scope, name := in(place, params), params.With[need]
		return targets.Request{
			Action: "delete", Resource: r.String(), Name: name, Scope: scope,
			Method: "DELETE", Path: r.path(scope, name, ""), Query: map[string]string{"dryRun": "All"},
			Header: map[string]string{"Content-Type": jsonBody},
			Body:   object{"apiVersion": "v1", "kind": "DeleteOptions", "dryRun": []string{"All"}}.bytes(),
		}
	}
	p.State = func(place targets.Place, params probes.Params) []targets.StateQuery {
		return []targets.StateQuery{r.get(in(place, params), params.With[need], true, deletion)}
	}
	return p
}

// complete fills in what all probes of this package share.
func complete(p probes.Probe, t probes.Technique) probes.Probe {
	p.System, p.Technique = kubernetes.Name, t
	if p.Expect == nil {
		p.Expect = []targets.Layer{targets.Authorization, targets.AdmissionPolicy, targets.AdmissionWebhook}
	}
	return p
}

func subresource(r resource, sub string) string {
	if sub == "" {
		return r.String()
	}
	return r.String() + "/" + sub
}
