package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ResourceQuotaPatch attempts to lift a quota.
func ResourceQuotaPatch() probes.Probe { return resourceQuotaPatch().patch() }

// resourceQuotaPatch is the change, by whichever verb.
func resourceQuotaPatch() edit {
	return edit{probes.Probe{
		ID: "kubernetes.resourcequota.patch", Title: "Lift a production quota",
		Why:      "A developer who can patch a ResourceQuota in production removes the limit that bounds what a namespace may use.",
		Severity: probes.Medium, Fix: "Take patch and update on resourcequotas in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1496", Controls: probes.PrivilegeControls(),
		Needs: []probes.Need{existing("resourcequota", "a ResourceQuota that exists in both namespaces", "compute")},
	}, "{scope}", change{
		resource: core("resourcequotas", "ResourceQuota"), need: "resourcequota", in: thePlace, contentType: mergePatch,
		pin:    map[string]string{"/spec/hard/pods": "100000"},
		fields: []string{"/spec/hard"},
		body: func(_ probes.Params) object {
			return object{"spec": object{"hard": object{"pods": "100000"}}}
		},
	}}
}
