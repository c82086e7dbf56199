package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// PodDebugByPut attempts by PUT what podDebug's probe attempts by PATCH.
func PodDebugByPut() probes.Probe {
	return podDebug().put(probes.Probe{
		ID:       "kubernetes.pod.debug-by-put",
		Title:    "Add a debug container by replacing the list of them",
		Severity: probes.High, Fix: "Take update on pods/ephemeralcontainers in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update the ephemeral containers of a production Pod runs any code beside the application, without the right to patch them.",
	})
}
