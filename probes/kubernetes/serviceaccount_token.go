package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// ServiceAccountToken attempts to mint a token. A dry run mints a usable one
// (kube-apiserver v1.37.2, serviceaccount/storage/token.go reads no options),
// so the token is bound to a Pod that does not exist: the server checks the
// request in full, and then finds nothing to bind it to. The dry run is asked
// for all the same: admission webhooks are told of it.
func ServiceAccountToken() probes.Probe {
	r := core("serviceaccounts", "ServiceAccount")
	const audience = "sodprobe.invalid"
	p := complete(probes.Probe{
		ID: "kubernetes.serviceaccount.token", Title: "Mint a token of a production ServiceAccount",
		Why:      "A developer who can mint a token of a production ServiceAccount acts as the application, deployer included.",
		Severity: probes.Critical, Fix: "Take create on serviceaccounts/token in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1528", Controls: probes.PrivilegeControls(),
		Needs: []probes.Need{existing("serviceaccount", "a ServiceAccount that exists in both namespaces", "api")},
	}, probes.SelfDefeating)
	p.Also = through("create", "secrets", false) // of the type that asks for a token
	p.Allow = []targets.Rule{{
		Method: "POST", Path: r.path("{scope}", "{serviceaccount}", "token"), Query: map[string]string{"dryRun": "All"}, Mutating: true,
		Header: map[string]string{"Content-Type": jsonBody},
		Body: map[string]string{
			"/kind": "TokenRequest", "/spec/audiences": `["` + audience + `"]`,
			"/spec/boundObjectRef/kind": "Pod", "/spec/boundObjectRef/name": "{run}",
		},
		Keep: []string{"/kind"},
	}}
	p.Reached = []string{`text:pods "{run}" not found`}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		name := params.With["serviceaccount"]
		return targets.Request{
			Action:   "create",
			Resource: "serviceaccounts/token",
			Name:     name,
			Scope:    place.Scope,
			Method:   "POST",
			Path:     r.path(place.Scope, name, "token"),
			Query:    map[string]string{"dryRun": "All"},
			Header:   map[string]string{"Content-Type": jsonBody},
			Body: object{
				"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
				"spec": object{
					"audiences": []string{audience}, "expirationSeconds": 600,
					"boundObjectRef": object{"apiVersion": "v1", "kind": "Pod", "name": params.Run},
				},
			}.bytes(),
		}
	}
	p.State = func(place targets.Place, params probes.Params) []targets.StateQuery {
		return []targets.StateQuery{
			r.get(place.Scope, params.With["serviceaccount"], true),
			pods().get(place.Scope, params.Run, false),
		}
	}
	return p
}
