package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// PodExecByGet attempts by GET what PodExec attempts by POST.
func PodExecByGet() probes.Probe {
	return connectsByGet(probes.Probe{
		ID: "kubernetes.pod.exec-by-get", Title: "Run a command in a production container by GET",
		Why:      "A developer who can get the exec subresource of a production Pod runs commands in it, where the server is older than 1.35.",
		Severity: probes.High, Fix: "Take get on pods/exec in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1609", Controls: probes.ChangeControls(),
	}, "exec", map[string]string{"command": "true", "stdout": "true"})
}
