package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// RoleBindingPatch attempts to add a subject, whom nobody is, to a binding that exists.
func RoleBindingPatch() probes.Probe { return roleBindingPatch().patch() }

// roleBindingPatch is the change, by whichever verb.
func roleBindingPatch() edit {
	return edit{
		probes.Probe{
			ID:       "kubernetes.rolebinding.patch",
			Title:    "Join a role binding of production",
			Why:      "A developer who can patch a RoleBinding in production adds themselves to whoever may deploy.",
			Severity: probes.Critical, Fix: "Take patch and update on rolebindings.rbac.authorization.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
			Attack:   "T1098.006",
			Controls: probes.PrivilegeControls(),
			Needs: []probes.Need{
				{Name: "rolebinding", Doc: "a RoleBinding that exists in both namespaces", Example: "api", Pattern: pathSegment()},
			},
			Limits: []string{
				"Whoever may patch bindings, and neither holds what this one grants nor may bind it, is refused by the check against escalation, whatever the change: the outcome is then Inconclusive (wrong-layer).",
			},
		},
		"{scope}",
		change{
			resource: rbac("rolebindings", "RoleBinding"), need: "rolebinding", in: thePlace, contentType: jsonPatch,
			fields: []string{"/subjects"},
			body: func(params probes.Params) object {
				return object{"subjects": []object{{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": params.Run}}}
			},
		},
	}
}
