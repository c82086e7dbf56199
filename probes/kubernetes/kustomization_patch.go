package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// KustomizationPatch attempts to point Flux at another path.
func KustomizationPatch() probes.Probe { return kustomizationPatch().patch() }

// kustomizationPatch is the change, by whichever verb.
func kustomizationPatch() edit {
	return edit{
		probes.Probe{
			ID: "kubernetes.kustomization.patch", Title: "Point a Flux Kustomization at another path",
			Why:      "A developer who can patch the Kustomization that deploys production makes Flux deploy whatever another path holds.",
			Severity: probes.High, Fix: "Take patch and update on kustomizations.kustomize.toolkit.fluxcd.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
			Attack: "T1072", Controls: probes.ChangeControls(),
			Needs: []probes.Need{
				existing("kustomization", "the object that deploys production", "payments"),
				fallback("namespace", "the namespace that it is in", "flux-system"),
			},
			Baseline: standing(),
			Limits:   []string{"The GitOps controller's own web interface and API have rights of their own, which this does not test."},
		},
		"{namespace}",
		change{
			resource: resource{
				"kustomize.toolkit.fluxcd.io",
				"v1",
				"kustomizations",
				"Kustomization",
			},
			need:        "kustomization",
			in:          aNamespace,
			contentType: mergePatch,
			pin:         map[string]string{"/spec/path": "./{run}"},
			fields:      []string{"/spec/path"},
			body: func(params probes.Params) object {
				return object{"spec": object{"path": "./" + params.Run}}
			},
		},
	}
}
