package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// PodAttach attempts to attach to a container's process.
func PodAttach() probes.Probe {
	return connects(probes.Probe{
		ID: "kubernetes.pod.attach", Title: "Attach to the process of a production container",
		Why:      "A developer who can attach to a production Pod talks to the running process directly, and nothing of it is reviewed.",
		Severity: probes.High, Fix: "Take create on pods/attach in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1609", Controls: probes.ChangeControls(),
	}, "attach", map[string]string{"stdout": "true"})
}
