package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ResourceQuotaUpdate attempts by PUT what resourceQuotaPatch's probe attempts by PATCH.
func ResourceQuotaUpdate() probes.Probe {
	return resourceQuotaPatch().put(probes.Probe{
		ID:       "kubernetes.resourcequota.update",
		Title:    "Replace a production quota",
		Severity: probes.Medium, Fix: "Take update on resourcequotas in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update a ResourceQuota in production removes the limit that bounds what a namespace may use, without the right to patch it.",
	})
}
