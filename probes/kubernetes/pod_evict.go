package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// PodEvict attempts to evict a pod.
func PodEvict() probes.Probe {
	r := pods()
	p := complete(probes.Probe{
		ID: "kubernetes.pod.evict", Title: "Evict a production pod",
		Why:      "A developer who can evict Pods in production interrupts the service, and may do so without the right to delete.",
		Severity: probes.Medium, Fix: "Take create on pods/eviction in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1489", Controls: probes.ChangeControls(),
		Needs: []probes.Need{existing("pod", "a Pod that exists in both namespaces", "api-0")},
	}, probes.DryRun)
	p.Also = several(through("delete", "pods", true), through("deletecollection", "pods", false))
	p.Allow = []targets.Rule{{
		Method: "POST", Path: r.path("{scope}", "{pod}", "eviction"), Query: map[string]string{"dryRun": "All"}, Mutating: true,
		Header: map[string]string{"Content-Type": jsonBody},
		Body:   map[string]string{"/deleteOptions/dryRun/0": "All", "/metadata/name": "{pod}", "/kind": "Eviction"},
	}}
	p.Reached = []string{"status:201", "text:violate the pod's disruption budget"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		pod := params.With["pod"]
		return targets.Request{
			Action: "create", Resource: "pods/eviction", Name: pod, Scope: place.Scope,
			Method: "POST", Path: r.path(place.Scope, pod, "eviction"), Query: map[string]string{"dryRun": "All"},
			Header: map[string]string{"Content-Type": jsonBody},
			Body: object{
				"apiVersion": "policy/v1", "kind": "Eviction", "metadata": object{"name": pod, "namespace": place.Scope},
				"deleteOptions": object{"dryRun": []string{"All"}},
			}.bytes(),
		}
	}
	p.State = func(place targets.Place, params probes.Params) []targets.StateQuery {
		return []targets.StateQuery{r.get(place.Scope, params.With["pod"], true, deletion)}
	}
	return p
}
