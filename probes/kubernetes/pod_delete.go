package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// PodDelete attempts to kill a pod.
func PodDelete() probes.Probe {
	return deletes(probes.Probe{
		ID: "kubernetes.pod.delete", Title: "Kill a production pod",
		Why:      "A developer who can delete a Pod in production interrupts the service and destroys the traces in it.",
		Severity: probes.Medium, Fix: "Take delete on pods in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1485", Controls: probes.ChangeControls(),
		Needs: []probes.Need{existing("pod", "a Pod that exists in both namespaces", "api-0")},
	}, pods(), "{scope}", "pod", thePlace)
}
