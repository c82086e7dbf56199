package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ClusterRoleUpdate attempts by PUT what clusterRolePatch's probe attempts by PATCH.
func ClusterRoleUpdate() probes.Probe {
	return clusterRolePatch().put(probes.Probe{
		ID: "kubernetes.clusterrole.update", Title: "Replace the rights of a role for the whole cluster",
		Severity: probes.Critical, Fix: "Take update on clusterroles.rbac.authorization.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update a ClusterRole widens the rights of everybody who is bound to it, without the right to patch it.",
	})
}
