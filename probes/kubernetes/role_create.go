package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// RoleCreate attempts to define a role.
func RoleCreate() probes.Probe {
	return creates(probes.Probe{
		ID: "kubernetes.role.create", Title: "Define a new role in production",
		Why:      "A developer who can create a Role in production prepares rights that a later binding hands out.",
		Severity: probes.Critical, Fix: "Take create on roles.rbac.authorization.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1098.006", Controls: probes.PrivilegeControls(),
		Expect: []targets.Layer{targets.Authorization, targets.AdmissionPolicy, targets.AdmissionWebhook},
	}, rbac("roles", "Role"), func(_ probes.Params) object {
		return object{"rules": reading()}
	})
}
