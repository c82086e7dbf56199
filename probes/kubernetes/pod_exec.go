package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// PodExec attempts to run a command in a container.
func PodExec() probes.Probe {
	return connects(probes.Probe{
		ID: "kubernetes.pod.exec", Title: "Run a command in a production container",
		Why:    "A developer who can exec into a production Pod changes the running system by hand, and nothing of it is reviewed.",
		Attack: "T1609", Controls: probes.ChangeControls(),
	}, "exec", map[string]string{"command": "true", "stdout": "true"})
}
