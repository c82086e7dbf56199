package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// RoleBindingUpdate attempts by PUT what roleBindingPatch's probe attempts by PATCH.
func RoleBindingUpdate() probes.Probe {
	return roleBindingPatch().put(probes.Probe{
		ID: "kubernetes.rolebinding.update", Title: "Replace the subjects of a production role binding",
		Severity: probes.Critical, Fix: "Take update on rolebindings.rbac.authorization.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update a RoleBinding in production joins whoever it names, without the right to patch it.",
	})
}
