package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// DaemonSetCreate attempts to run a workload on every node.
func DaemonSetCreate() probes.Probe {
	return creates(probes.Probe{
		ID: "kubernetes.daemonset.create", Title: "Run a workload on every node",
		Why:      "A developer who can create a DaemonSet in production runs any code on every node without anybody else having approved it.",
		Severity: probes.High, Fix: "Take create on daemonsets.apps in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1610", Controls: probes.ChangeControls(),
	}, apps("daemonsets", "DaemonSet"), func(params probes.Params) object {
		return object{"spec": selected(params)}
	})
}
