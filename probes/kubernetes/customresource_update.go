package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// CustomResourceUpdate attempts by PUT what customResource's probe attempts by PATCH.
func CustomResourceUpdate() probes.Probe {
	return customResource().put(probes.Probe{
		ID:       "kubernetes.customresource.update",
		Title:    "Replace a custom resource that an operator deploys from",
		Severity: probes.High, Fix: "Take update on rollouts.argoproj.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update the custom resource of an operator makes the operator change production for them, without the right to patch it.",
	})
}
