package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// NodeCordon attempts to take a node out of service.
func NodeCordon() probes.Probe { return nodeCordon().patch() }

// nodeCordon is the change, by whichever verb.
func nodeCordon() edit {
	return edit{probes.Probe{
		ID: "kubernetes.node.cordon", Title: "Take a node out of service",
		Why:      "A developer who can cordon a node takes capacity away from production and chooses where its Pods may run.",
		Severity: probes.Medium, Fix: "Take patch and update on nodes in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1489", Controls: probes.PrivilegeControls(),
		Needs:    []probes.Need{existing("node", "a Node that exists", "node-1")},
		Baseline: standing(),
	}, "", change{
		resource: core("nodes", "Node"), need: "node", in: theCluster, contentType: mergePatch,
		pin:    map[string]string{"/spec/unschedulable": "true"},
		fields: []string{"/spec/unschedulable"},
		body: func(_ probes.Params) object {
			return object{"spec": object{"unschedulable": true}}
		},
	}}
}
