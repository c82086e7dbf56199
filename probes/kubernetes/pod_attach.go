package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// PodAttach attempts to attach to a container's process.
func PodAttach() probes.Probe {
	return connects(probes.Probe{
		ID: "kubernetes.pod.attach", Title: "Attach to the process of a production container",
		Why:    "A developer who can attach to a production Pod talks to the running process directly, and nothing of it is reviewed.",
		Attack: "T1609", Controls: probes.ChangeControls(),
	}, "attach", map[string]string{"stdout": "true"})
}
