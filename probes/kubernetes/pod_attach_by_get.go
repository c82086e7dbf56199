package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// PodAttachByGet attempts by GET what PodAttach attempts by POST.
func PodAttachByGet() probes.Probe {
	return connectsByGet(probes.Probe{
		ID:       "kubernetes.pod.attach-by-get",
		Title:    "Attach to the process of a production container by GET",
		Why:      "A developer who can get the attach subresource of a production Pod talks to the running process, where the server is older than 1.35.",
		Severity: probes.High, Fix: "Take get on pods/attach in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack:   "T1609",
		Controls: probes.ChangeControls(),
	}, "attach", map[string]string{"stdout": "true"})
}
