package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// StatefulSetUpdate attempts by PUT what statefulSetPatch's probe attempts by PATCH.
func StatefulSetUpdate() probes.Probe {
	return statefulSetPatch().put(probes.Probe{
		ID: "kubernetes.statefulset.update", Title: "Replace what a stateful production workload runs",
		Severity: probes.High, Fix: "Take update on statefulsets.apps in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update a StatefulSet in production changes the code that holds production data, without the right to patch it.",
	})
}
