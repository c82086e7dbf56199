package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// connects completes a probe that opens a stream into a pod. The request
// carries no Upgrade header, so the server checks it in full, admission
// included, and then has no stream to open: "Upgrade request required"
// (kube-apiserver v1.37.2, apimachinery/pkg/util/proxy/upgradeaware.go). A
// dry run would skip admission here.
func connects(p probes.Probe, sub string, query map[string]string) probes.Probe {
	r := pods()
	p = complete(p, probes.SelfDefeating)
	p.Limits = append(p.Limits, "Attempts POST, which needs the verb create. Before Kubernetes 1.35 the verb get alone opens the same stream: of that it asks the access rules alone.")
	p.Also = verbs("get")
	p.Needs = []probes.Need{existing("pod", "a running Pod; name another for the permitted namespace under permitted", "api-0")}
	p.Allow = []targets.Rule{{
		Method: "POST", Path: r.path("{scope}", "{pod}", sub), Query: query, Mutating: true,
		Header: map[string]string{"Content-Type": jsonBody},
	}}
	p.Reached = []string{"text:Upgrade request required", "text:does not have a host assigned"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		pod := params.With["pod"]
		return targets.Request{
			Action: "create", Resource: subresource(r, sub), Name: pod, Scope: place.Scope,
			Method: "POST", Path: r.path(place.Scope, pod, sub), Query: query,
			Header: map[string]string{"Content-Type": jsonBody}, Body: object{}.bytes(),
		}
	}
	p.State = func(place targets.Place, params probes.Params) []targets.StateQuery {
		return []targets.StateQuery{r.get(place.Scope, params.With["pod"], true, "/spec")}
	}
	return p
}
