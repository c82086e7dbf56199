package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// KustomizationUpdate attempts by PUT what kustomizationPatch's probe attempts by PATCH.
func KustomizationUpdate() probes.Probe {
	return kustomizationPatch().put(probes.Probe{
		ID:       "kubernetes.kustomization.update",
		Title:    "Replace the Flux Kustomization that deploys production",
		Severity: probes.High, Fix: "Take update on kustomizations.kustomize.toolkit.fluxcd.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update the Kustomization that deploys production makes Flux deploy whatever another path holds, without the right to patch it.",
	})
}
