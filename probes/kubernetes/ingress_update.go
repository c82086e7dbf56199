package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// IngressUpdate attempts by PUT what ingressPatch's probe attempts by PATCH.
func IngressUpdate() probes.Probe {
	return ingressPatch().put(probes.Probe{
		ID: "kubernetes.ingress.update", Title: "Replace a production route of outside traffic",
		Why: "A developer who can update an Ingress in production sends outside traffic elsewhere, without the right to patch it.",
	})
}
