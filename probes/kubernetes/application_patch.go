package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ApplicationPatch attempts to point Argo CD at another revision.
func ApplicationPatch() probes.Probe { return applicationPatch().patch() }

// applicationPatch is the change, by whichever verb.
func applicationPatch() edit {
	return edit{
		probes.Probe{
			ID: "kubernetes.application.patch", Title: "Point an Argo CD Application at another revision",
			Why:      "A developer who can patch the Application that deploys production makes Argo CD deploy any revision for them.",
			Severity: probes.High, Fix: "Take patch and update on applications.argoproj.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
			Attack: "T1072", Controls: probes.ChangeControls(),
			Needs: []probes.Need{
				existing("application", "the object that deploys production", "payments"),
				fallback("namespace", "the namespace that it is in", "argocd"),
			},
			Baseline: standing(),
			Limits:   []string{"The GitOps controller's own web interface and API have rights of their own, which this does not test."},
		},
		"{namespace}",
		change{
			resource: resource{
				"argoproj.io",
				"v1alpha1",
				"applications",
				"Application",
			},
			need:        "application",
			in:          aNamespace,
			contentType: mergePatch,
			pin:         map[string]string{"/spec/source/targetRevision": "{run}"},
			fields:      []string{"/spec/source"},
			body: func(params probes.Params) object {
				return object{"spec": object{"source": object{"targetRevision": params.Run}}}
			},
		},
	}
}
