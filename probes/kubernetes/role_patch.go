package kubernetes

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// RolePatch attempts to change the rights of a role.
func RolePatch() probes.Probe { return rolePatch().patch() }

// rolePatch is the change, by whichever verb.
func rolePatch() edit {
	return edit{probes.Probe{
		ID: "kubernetes.role.patch", Title: "Change the rights of a production role",
		Why:      "A developer who can patch a Role in production widens the rights of everybody who is bound to it, themselves included.",
		Severity: probes.Critical, Fix: "Take patch and update on roles.rbac.authorization.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1098.006", Controls: probes.PrivilegeControls(),
		Needs:  []probes.Need{{Name: "role", Doc: "a Role that exists in both namespaces", Example: "api", Pattern: pathSegment()}},
		Expect: []targets.Layer{targets.Authorization, targets.AdmissionPolicy, targets.AdmissionWebhook},
	}, "{scope}", change{
		resource: rbac("roles", "Role"), need: "role", in: thePlace, contentType: mergePatch,
		pin:    map[string]string{"/rules/0/resources/0": "configmaps"},
		fields: []string{"/rules"},
		body: func(_ probes.Params) object {
			return object{"rules": reading()}
		},
	}}
}
