package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ServiceAccountUpdate attempts by PUT what serviceAccountPatch's probe attempts by PATCH.
func ServiceAccountUpdate() probes.Probe {
	return serviceAccountPatch().put(probes.Probe{
		ID:       "kubernetes.serviceaccount.update",
		Title:    "Replace a production ServiceAccount",
		Severity: probes.High, Fix: "Take update on serviceaccounts in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update a ServiceAccount in production gives its Pods the identity of another cloud role, without the right to patch it.",
	})
}
