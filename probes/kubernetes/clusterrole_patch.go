package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ClusterRolePatch attempts to change the rights of a ClusterRole, and to have it aggregated.
func ClusterRolePatch() probes.Probe { return clusterRolePatch().patch() }

// clusterRolePatch is the change, by whichever verb.
func clusterRolePatch() edit {
	return edit{
		probes.Probe{
			ID:       "kubernetes.clusterrole.patch",
			Title:    "Widen a role for the whole cluster",
			Why:      "A developer who can patch a ClusterRole widens the rights of everybody who is bound to it, or has it aggregated into the roles that people hold.",
			Severity: probes.Critical, Fix: "Take patch and update on clusterroles.rbac.authorization.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
			Attack:   "T1098.006",
			Controls: probes.PrivilegeControls(),
			Needs: []probes.Need{
				{Name: "clusterRole", Doc: "a ClusterRole that exists and is not aggregated itself", Example: "report-reader", Pattern: pathSegment()},
			},
			Baseline: standing(),
		},
		"",
		change{
			resource: rbac("clusterroles", "ClusterRole"), need: "clusterRole", in: theCluster, contentType: mergePatch,
			pin:    map[string]string{"/rules/0/resources/0": "configmaps", "/metadata/labels/rbac.authorization.k8s.io~1aggregate-to-edit": "true"},
			fields: []string{"/rules", "/metadata/labels"},
			body: func(_ probes.Params) object {
				return object{"rules": reading(), "metadata": object{"labels": object{"rbac.authorization.k8s.io/aggregate-to-edit": "true"}}}
			},
		},
	}
}
