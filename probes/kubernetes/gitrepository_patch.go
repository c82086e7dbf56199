package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// GitRepositoryPatch attempts to point a source of Flux at a commit that no repository has.
func GitRepositoryPatch() probes.Probe { return gitRepositoryPatch().patch() }

// gitRepositoryPatch is the change, by whichever verb.
func gitRepositoryPatch() edit {
	return edit{
		probes.Probe{
			ID: "kubernetes.gitrepository.patch", Title: "Point the source that Flux deploys from elsewhere",
			Why:      "A developer who can patch the source that production is deployed from makes Flux deploy what nobody reviewed.",
			Severity: probes.High, Fix: "Take patch and update on gitrepositories.source.toolkit.fluxcd.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
			Attack: "T1072", Controls: probes.ChangeControls(),
			Needs: []probes.Need{
				existing("gitrepository", "the object that production is deployed from", "payments"),
				fallback("namespace", "the namespace that it is in", "flux-system"),
			},
			Baseline: standing(),
			Limits:   []string{"Other sources (OCIRepository, HelmRepository, Bucket) are attempted as custom resources."},
		},
		"{namespace}",
		change{
			resource: resource{
				"source.toolkit.fluxcd.io",
				"v1",
				"gitrepositories",
				"GitRepository",
			},
			need:        "gitrepository",
			in:          aNamespace,
			contentType: mergePatch,
			pin:         map[string]string{"/spec/ref/commit": noCommit},
			fields:      []string{"/spec/ref"},
			body: func(_ probes.Params) object {
				return object{"spec": object{"ref": object{"commit": noCommit}}}
			},
		},
	}
}

// noCommit is a commit that no repository holds.
const noCommit = "50dbadc0de50dbadc0de50dbadc0de50dbadc0de"
