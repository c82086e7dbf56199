package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// SecretList attempts to list secrets, of a label that none has.
func SecretList() probes.Probe {
	const listMetadata = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
	r := core("secrets", "Secret")
	query := map[string]string{"limit": "1", "labelSelector": "sodprobe-run={run}"}
	p := complete(probes.Probe{
		ID: "kubernetes.secret.list", Title: "List the secrets of production",
		Why:      "A developer who can list Secrets in production reads all of them: a list holds their contents.",
		Severity: probes.Critical, Fix: "Take list on secrets in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1552.007", Controls: probes.PrivilegeControls(), Expect: []targets.Layer{targets.Authorization},
		Limits: []string{"Lists by a label that no Secret has, so that nothing of one is received where it is allowed."},
	}, probes.SelfDefeating)
	p.Also = collectively("watch")
	p.Allow = []targets.Rule{{
		Method: "GET", Path: r.path("{scope}", "", ""), Query: query, Header: map[string]string{"Accept": listMetadata},
		Keep: []string{"/kind"},
	}}
	p.Reached = []string{"status:200"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		return targets.Request{
			Action:   "list",
			Resource: r.String(),
			Scope:    place.Scope,
			Method:   "GET",
			Path:     r.path(place.Scope, "", ""),
			Query:    map[string]string{"limit": "1", "labelSelector": "sodprobe-run=" + params.Run},
			Header:   map[string]string{"Accept": listMetadata},
		}
	}
	p.State = func(place targets.Place, _ probes.Params) []targets.StateQuery {
		return []targets.StateQuery{theNamespace(place)}
	}
	return p
}
