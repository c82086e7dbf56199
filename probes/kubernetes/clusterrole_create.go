package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// ClusterRoleCreate attempts to define a role for the cluster.
func ClusterRoleCreate() probes.Probe {
	return creates(probes.Probe{
		ID: "kubernetes.clusterrole.create", Title: "Define a new role for the whole cluster",
		Why:      "A developer who can create a ClusterRole can have its rights aggregated into the roles that people already hold.",
		Severity: probes.Critical, Fix: "Take create on clusterroles.rbac.authorization.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1098.006", Controls: probes.PrivilegeControls(),
		Expect:   []targets.Layer{targets.Authorization, targets.AdmissionPolicy, targets.AdmissionWebhook},
		Baseline: standing(),
	}, rbac("clusterroles", "ClusterRole"), func(_ probes.Params) object {
		return object{"rules": reading()}
	})
}
