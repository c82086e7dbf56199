package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// RoleUpdate attempts by PUT what rolePatch's probe attempts by PATCH.
func RoleUpdate() probes.Probe {
	return rolePatch().put(probes.Probe{
		ID: "kubernetes.role.update", Title: "Replace the rights of a production role",
		Severity: probes.Critical, Fix: "Take update on roles.rbac.authorization.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update a Role in production widens the rights of everybody who is bound to it, without the right to patch it.",
	})
}
