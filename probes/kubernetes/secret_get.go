package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// metadataOnly asks for an object without its data: the authorizer decides as
// for the whole object. Annotations are metadata: kubectl apply may have left a
// copy of the data there, which the guard drops unread.
const metadataOnly = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"

// SecretGet attempts to read a secret.
func SecretGet() probes.Probe {
	r := core("secrets", "Secret")
	p := complete(probes.Probe{
		ID:       "kubernetes.secret.get",
		Title:    "Read a production secret",
		Why:      "A developer who can read a Secret in production holds the credentials that production acts with.",
		Severity: probes.Critical, Fix: "Take get on secrets in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack:   "T1552.007",
		Controls: probes.PrivilegeControls(),
		Expect:   []targets.Layer{targets.Authorization},
		Limits: []string{
			"Where it is allowed, the metadata of the Secret is received, annotations too, and dropped but for its name and uid; its data is not asked for.",
		},
		Needs: []probes.Need{existing("secret", "a Secret that exists in both namespaces", "api-credentials")},
	}, probes.SelfDefeating)
	p.Also = func(place targets.Place, r targets.Request) []targets.Action { // a list may name its object, by a field selector
		return append(verbs("list", "watch")(place, r), collectively("list", "watch")(place, r)...)
	}
	p.Allow = []targets.Rule{{
		Method: "GET", Path: r.path("{scope}", "{secret}", ""), Header: map[string]string{"Accept": metadataOnly},
		Keep: []string{"/kind", "/metadata/name", "/metadata/uid"},
	}}
	p.Reached = []string{"status:200"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		name := params.With["secret"]
		return targets.Request{
			Action: "get", Resource: r.String(), Name: name, Scope: place.Scope,
			Method: "GET", Path: r.path(place.Scope, name, ""), Header: map[string]string{"Accept": metadataOnly},
		}
	}
	p.State = func(place targets.Place, params probes.Params) []targets.StateQuery {
		return []targets.StateQuery{r.get(place.Scope, params.With["secret"], true)}
	}
	return p
}
