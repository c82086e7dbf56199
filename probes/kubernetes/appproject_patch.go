package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// AppProjectPatch attempts to change which repositories a project may deploy from.
func AppProjectPatch() probes.Probe { return appProjectPatch().patch() }

// appProjectPatch is the change, by whichever verb.
func appProjectPatch() edit {
	return edit{probes.Probe{
		ID: "kubernetes.appproject.patch", Title: "Widen an Argo CD project",
		Why:      "A developer who can patch an AppProject lifts the boundary that holds its Applications: sources, destinations, freezes.",
		Severity: probes.Critical, Fix: "Take patch and update on appprojects.argoproj.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1562.001", Controls: probes.PrivilegeControls(),
		Needs: []probes.Need{
			existing("appproject", "the object that bounds the Applications of production", "payments"),
			fallback("namespace", "the namespace that it is in", "argocd"),
		},
		Baseline: standing(),
	}, "{namespace}", change{
		resource: resource{"argoproj.io", "v1alpha1", "appprojects", "AppProject"}, need: "appproject", in: aNamespace, contentType: mergePatch,
		pin:    map[string]string{"/spec/sourceRepos/0": "https://sodprobe.invalid/{run}"},
		fields: []string{"/spec/sourceRepos"},
		body: func(params probes.Params) object {
			return object{"spec": object{"sourceRepos": []string{"https://sodprobe.invalid/" + params.Run}}}
		},
	}}
}
