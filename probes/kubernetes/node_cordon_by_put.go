package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// NodeCordonByPut attempts by PUT what nodeCordon's probe attempts by PATCH.
func NodeCordonByPut() probes.Probe {
	return nodeCordon().put(probes.Probe{
		ID: "kubernetes.node.cordon-by-put", Title: "Take a node out of service by replacing it",
		Severity: probes.High, Fix: "Take update on nodes in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update a node takes capacity away from production, without the right to patch it.",
	})
}
