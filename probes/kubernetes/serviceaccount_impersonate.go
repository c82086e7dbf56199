package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// ServiceAccountImpersonate attempts to act as a ServiceAccount of production.
// The default ClusterRole edit grants that in its namespace.
func ServiceAccountImpersonate() probes.Probe {
	p := impersonates(probes.Probe{
		ID: "kubernetes.serviceaccount.impersonate", Title: "Act as a ServiceAccount of production",
		Why:      "A developer who can impersonate the ServiceAccount that deploys does whatever it may, and needs no token of it.",
		Severity: probes.Critical, Fix: "Bind impersonate on serviceaccounts to nobody but the prober and the operators of the cluster.",
		Attack: "T1134.001", Controls: probes.PrivilegeControls(),
		Needs: []probes.Need{existing("serviceaccount", "the ServiceAccount of production that may deploy", "api")},
	}, "system:serviceaccount:{scope}:{serviceaccount}")
	p.Also = alone
	build := p.Request
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		r := build(place, params)
		r.Resource, r.Name, r.Scope = "serviceaccounts", params.With["serviceaccount"], place.Scope
		return r
	}
	p.State = func(place targets.Place, params probes.Params) []targets.StateQuery {
		return []targets.StateQuery{core("serviceaccounts", "ServiceAccount").get(place.Scope, params.With["serviceaccount"], true)}
	}
	return p
}
