package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// ClusterRoleBindingCreate attempts to grant a role everywhere.
func ClusterRoleBindingCreate() probes.Probe {
	return creates(probes.Probe{
		ID: "kubernetes.clusterrolebinding.create", Title: "Grant a role in the whole cluster",
		Why:      "A developer who can create a ClusterRoleBinding gives themselves or others rights in every namespace, production included.",
		Severity: probes.Critical, Fix: "Take create on clusterrolebindings.rbac.authorization.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1098.006", Controls: probes.PrivilegeControls(),
		Needs:    []probes.Need{fallback("clusterRole", "an existing ClusterRole to bind", "view")},
		Expect:   []targets.Layer{targets.Authorization, targets.AdmissionPolicy, targets.AdmissionWebhook},
		Baseline: standing(),
	}, rbac("clusterrolebindings", "ClusterRoleBinding"), func(params probes.Params) object {
		return object{
			"roleRef":  object{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": params.With["clusterRole"]},
			"subjects": []object{{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": params.Run}},
		}
	})
}
