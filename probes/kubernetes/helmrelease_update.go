package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// HelmReleaseUpdate attempts by PUT what helmReleasePatch's probe attempts by PATCH.
func HelmReleaseUpdate() probes.Probe {
	return helmReleasePatch().put(probes.Probe{
		ID: "kubernetes.helmrelease.update", Title: "Replace the Flux HelmRelease that deploys production",
		Why: "A developer who can update the HelmRelease that deploys production changes what Flux installs, without the right to patch it.",
	})
}
