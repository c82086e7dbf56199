package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// PodPortForward attempts to reach a container's ports.
func PodPortForward() probes.Probe {
	return connects(probes.Probe{
		ID: "kubernetes.pod.portforward", Title: "Reach the ports of a production pod",
		Why:      "A developer who can forward ports of a production Pod reaches its internal interfaces past every network policy.",
		Severity: probes.Medium, Fix: "Take create on pods/portforward in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1090.001", Controls: probes.PrivilegeControls(),
	}, "portforward", map[string]string{})
}
