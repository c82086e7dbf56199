package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// StatefulSetPatch attempts to change what a database or queue runs.
func StatefulSetPatch() probes.Probe { return statefulSetPatch().patch() }

// statefulSetPatch is the change, by whichever verb.
func statefulSetPatch() edit {
	return edit{probes.Probe{
		ID: "kubernetes.statefulset.patch", Title: "Change what a stateful production workload runs",
		Why:      "A developer who can patch a StatefulSet in production changes the code that holds production data.",
		Severity: probes.High, Fix: "Take patch and update on statefulsets.apps in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1525", Controls: probes.ChangeControls(),
		Needs: []probes.Need{existing("statefulset", "a StatefulSet that exists in both namespaces", "db")},
	}, "{scope}", change{
		resource: apps("statefulsets", "StatefulSet"), need: "statefulset", in: thePlace, contentType: strategicPatch,
		pin:    map[string]string{sidecarAt: "{run}"},
		fields: []string{"/spec/template"},
		body: func(params probes.Params) object {
			return sidecar(params)
		},
	}}
}
