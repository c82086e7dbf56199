package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// HelmReleasePatch attempts to change what Flux installs.
func HelmReleasePatch() probes.Probe { return helmReleasePatch().patch() }

// helmReleasePatch is the change, by whichever verb.
func helmReleasePatch() edit {
	return edit{
		probes.Probe{
			ID: "kubernetes.helmrelease.patch", Title: "Change the values of a Flux HelmRelease",
			Why:      "A developer who can patch the HelmRelease that deploys production changes what Flux installs.",
			Severity: probes.High, Fix: "Take patch and update on helmreleases.helm.toolkit.fluxcd.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
			Attack: "T1072", Controls: probes.ChangeControls(),
			Needs: []probes.Need{
				existing("helmrelease", "the object that deploys production", "payments"),
				fallback("namespace", "the namespace that it is in", "flux-system"),
			},
			Baseline: standing(),
		},
		"{namespace}",
		change{
			resource: resource{
				"helm.toolkit.fluxcd.io",
				"v2",
				"helmreleases",
				"HelmRelease",
			},
			need:        "helmrelease",
			in:          aNamespace,
			contentType: mergePatch,
			pin:         map[string]string{"/spec/values/sodprobe": "{run}"},
			fields:      []string{"/spec/values"},
			body: func(params probes.Params) object {
				return object{"spec": object{"values": object{"sodprobe": params.Run}}}
			},
		},
	}
}
