package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// NetworkPolicyDelete attempts to open the network.
func NetworkPolicyDelete() probes.Probe {
	return deletes(probes.Probe{
		ID: "kubernetes.networkpolicy.delete", Title: "Remove a production network policy",
		Why:      "A developer who can delete a NetworkPolicy in production opens paths that somebody decided to close.",
		Severity: probes.High, Fix: "Take delete on networkpolicies.networking.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1562.007", Controls: probes.PrivilegeControls(),
		Needs: []probes.Need{existing("networkpolicy", "a NetworkPolicy that exists in both namespaces", "default-deny")},
	}, resource{"networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy"}, "{scope}", "networkpolicy", thePlace)
}
