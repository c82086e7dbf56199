package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// HelmReleaseUpdate attempts by PUT what helmReleasePatch's probe attempts by PATCH.
func HelmReleaseUpdate() probes.Probe {
	return helmReleasePatch().put(probes.Probe{
		ID: "kubernetes.helmrelease.update", Title: "Replace the Flux HelmRelease that deploys production",
		Severity: probes.High, Fix: "Take update on helmreleases.helm.toolkit.fluxcd.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update the HelmRelease that deploys production changes what Flux installs, without the right to patch it.",
	})
}
