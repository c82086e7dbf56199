package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ClusterResourceUpdate attempts by PUT what clusterResource's probe attempts by PATCH.
func ClusterResourceUpdate() probes.Probe {
	return clusterResource().put(probes.Probe{
		ID:       "kubernetes.clusterresource.update",
		Title:    "Replace a custom resource of the whole cluster",
		Severity: probes.High, Fix: "Take update on clusterpolicies.kyverno.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update a cluster-scoped custom resource changes the policy or the machinery that production depends on, without the right to patch it.",
	})
}
