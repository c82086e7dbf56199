package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// standing is the baseline of probes that have no allowed place: a
// developer's dry-run create of a ConfigMap where developers may work. It
// shows that the identity is one that the server lets do something.
func standing() probes.Baseline {
	r := core("configmaps", "ConfigMap")
	return probes.Baseline{Standing: &probes.Standing{
		ID: "kubernetes.configmap.create",
		Allow: []targets.Rule{{
			Method: "POST", Path: r.path("{scope}", "", ""), Query: dryRunQuery(), Mutating: true,
			Header: map[string]string{"Content-Type": jsonBody},
			Body:   map[string]string{"/metadata/name": "{run}", "/kind": r.kind},
		}},
		Reached: []string{"status:201"},
		State: func(place targets.Place, params probes.Params) []targets.StateQuery {
			return []targets.StateQuery{theNamespace(place), r.get(place.Scope, params.Run, false)}
		},
		Request: func(place targets.Place, params probes.Params) targets.Request {
			return targets.Request{
				Action: "create", Resource: r.String(), Scope: place.Scope,
				Method: "POST", Path: r.path(place.Scope, "", ""), Query: queryOf(params.Arm),
				Header: map[string]string{"Content-Type": jsonBody}, Body: r.named(params.Run).bytes(),
			}
		},
	}}
}
