package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// RoleBindingUpdate attempts by PUT what roleBindingPatch's probe attempts by PATCH.
func RoleBindingUpdate() probes.Probe {
	return roleBindingPatch().put(probes.Probe{
		ID: "kubernetes.rolebinding.update", Title: "Replace the subjects of a production role binding",
		Why: "A developer who can update a RoleBinding in production joins whoever it names, without the right to patch it.",
	})
}
