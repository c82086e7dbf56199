package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// PodExec attempts to run a command in a container.
func PodExec() probes.Probe {
	return connects(probes.Probe{
		ID: "kubernetes.pod.exec", Title: "Run a command in a production container",
		Why:      "A developer who can exec into a production Pod changes the running system by hand, and nothing of it is reviewed.",
		Severity: probes.High, Fix: "Take create on pods/exec in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1609", Controls: probes.ChangeControls(),
	}, "exec", map[string]string{"command": "true", "stdout": "true"})
}
