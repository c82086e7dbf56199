package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// PodCreate attempts to run a bare pod.
func PodCreate() probes.Probe {
	return creates(probes.Probe{
		ID: "kubernetes.pod.create", Title: "Run a bare pod",
		Why:      "A developer who can create a Pod in production runs any code there, outside every release process.",
		Severity: probes.High, Fix: "Take create on pods in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1610", Controls: probes.ChangeControls(),
	}, pods(), func(params probes.Params) object {
		return object{"spec": podSpec("Never", params.Place["image"])}
	})
}
