package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ServiceUpdate attempts by PUT what servicePatch's probe attempts by PATCH.
func ServiceUpdate() probes.Probe {
	return servicePatch().put(probes.Probe{
		ID: "kubernetes.service.update", Title: "Replace a production service",
		Why: "A developer who can update a Service in production sends its traffic to Pods of their own, without the right to patch it.",
	})
}
