package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// IngressUpdate attempts by PUT what ingressPatch's probe attempts by PATCH.
func IngressUpdate() probes.Probe {
	return ingressPatch().put(probes.Probe{
		ID: "kubernetes.ingress.update", Title: "Replace a production route of outside traffic",
		Severity: probes.High, Fix: "Take update on ingresses.networking.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update an Ingress in production sends outside traffic elsewhere, without the right to patch it.",
	})
}
