package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ServiceAccountPatch attempts to tie a ServiceAccount to a cloud role.
func ServiceAccountPatch() probes.Probe { return serviceAccountPatch().patch() }

// serviceAccountPatch is the change, by whichever verb.
func serviceAccountPatch() edit {
	return edit{probes.Probe{
		ID: "kubernetes.serviceaccount.patch", Title: "Tie a production ServiceAccount to a cloud role",
		Why:      "A developer who can annotate a ServiceAccount in production gives its Pods the identity of another cloud role.",
		Severity: probes.High, Fix: "Take patch and update on serviceaccounts in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1098.006", Controls: probes.PrivilegeControls(),
		Needs: []probes.Need{existing("serviceaccount", "a ServiceAccount that exists in both namespaces", "api")},
	}, "{scope}", change{
		resource: core("serviceaccounts", "ServiceAccount"), need: "serviceaccount", in: thePlace, contentType: mergePatch,
		pin:    map[string]string{"/metadata/annotations/eks.amazonaws.com~1role-arn": "arn:aws:iam::000000000000:role/{run}"},
		fields: []string{"/metadata/annotations"},
		body: func(params probes.Params) object {
			return object{"metadata": object{"annotations": object{
				"eks.amazonaws.com/role-arn": "arn:aws:iam::000000000000:role/" + params.Run,
			}}}
		},
	}}
}
