package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// NamespaceLabel attempts to lower a namespace's Pod Security level.
func NamespaceLabel() probes.Probe {
	const label = "pod-security.kubernetes.io/enforce"
	p := patches(probes.Probe{
		ID: "kubernetes.namespace.label", Title: "Lower the Pod Security level of production",
		Why:    "A developer who can label the production namespace lifts the rules that keep privileged Pods out of it.",
		Attack: "T1562.001", Controls: probes.PrivilegeControls(), Baseline: standing(),
	}, "", change{
		resource: namespaces(), need: "scope", in: theCluster, contentType: mergePatch,
		pin:    map[string]string{"/metadata/labels/pod-security.kubernetes.io~1enforce": "privileged"},
		fields: []string{"/metadata/labels"},
		body: func(probes.Params) object {
			return object{"metadata": object{"labels": object{label: "privileged"}}}
		},
	})
	p.State = func(place targets.Place, _ probes.Params) []targets.StateQuery {
		q := theNamespace(place)
		q.Fields = []string{"/metadata/labels"}
		return []targets.StateQuery{q}
	}
	build := p.Request
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		r := build(place, params)
		r.Scope = place.Scope // the authorizer sees a namespace as being in itself
		return r
	}
	return p
}
