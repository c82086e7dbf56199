package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// GitRepositoryUpdate attempts by PUT what gitRepositoryPatch's probe attempts by PATCH.
func GitRepositoryUpdate() probes.Probe {
	return gitRepositoryPatch().put(probes.Probe{
		ID:       "kubernetes.gitrepository.update",
		Title:    "Replace the source that Flux deploys production from",
		Severity: probes.High, Fix: "Take update on gitrepositories.source.toolkit.fluxcd.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update the source that production is deployed from makes Flux deploy what nobody reviewed, without the right to patch it.",
	})
}
