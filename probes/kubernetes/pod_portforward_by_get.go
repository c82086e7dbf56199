package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// PodPortForwardByGet attempts by GET what PodPortForward attempts by POST.
func PodPortForwardByGet() probes.Probe {
	return connectsByGet(probes.Probe{
		ID:       "kubernetes.pod.portforward-by-get",
		Title:    "Reach the ports of a production pod by GET",
		Why:      "A developer who can get the portforward subresource of a production Pod reaches its internal interfaces, where the server is older than 1.35.",
		Severity: probes.High, Fix: "Take get on pods/portforward in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack:   "T1090.001",
		Controls: probes.PrivilegeControls(),
	}, "portforward", nil)
}
