package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// RoleBindingCreate attempts to grant a role.
func RoleBindingCreate() probes.Probe {
	return creates(probes.Probe{
		ID: "kubernetes.rolebinding.create", Title: "Grant a role in production",
		Why:      "A developer who can create a RoleBinding in production gives themselves or others the right to deploy.",
		Severity: probes.Critical, Fix: "Take create on rolebindings.rbac.authorization.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1098.006", Controls: probes.PrivilegeControls(),
		Needs:  []probes.Need{fallback("clusterRole", "an existing ClusterRole to bind", "view")},
		Expect: []targets.Layer{targets.Authorization, targets.AdmissionPolicy, targets.AdmissionWebhook},
	}, rbac("rolebindings", "RoleBinding"), func(params probes.Params) object {
		return object{
			"roleRef":  object{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": params.With["clusterRole"]},
			"subjects": []object{{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": params.Run}},
		}
	})
}
