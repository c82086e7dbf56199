package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ServiceUpdate attempts by PUT what servicePatch's probe attempts by PATCH.
func ServiceUpdate() probes.Probe {
	return servicePatch().put(probes.Probe{
		ID: "kubernetes.service.update", Title: "Replace a production service",
		Severity: probes.High, Fix: "Take update on services in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update a Service in production sends its traffic to Pods of their own, without the right to patch it.",
	})
}
