package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// NamespaceLabel attempts to lower a namespace's Pod Security level.
func NamespaceLabel() probes.Probe { return namespaceLabel().patch() }

// namespaceLabel is the change, by whichever verb.
func namespaceLabel() edit {
	const label = "pod-security.kubernetes.io/enforce"
	return edit{probes.Probe{
		ID: "kubernetes.namespace.label", Title: "Lower the Pod Security level of production",
		Why:      "A developer who can label the production namespace lifts the rules that keep privileged Pods out of it.",
		Severity: probes.Critical, Fix: "Take patch and update on namespaces in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1562.001", Controls: probes.PrivilegeControls(), Baseline: standing(),
		// A change of the labels passes through both subresources (kubernetes v1.37.2, pkg/registry/core/namespace/strategy.go).
		Also: several(
			through("patch", "namespaces/status", true), through("update", "namespaces/status", true),
			through("update", "namespaces/finalize", true),
		),
	}, "", change{
		resource: namespaces(), need: "scope", in: theCluster, contentType: mergePatch, inItself: true,
		pin:    map[string]string{"/metadata/labels/pod-security.kubernetes.io~1enforce": "privileged"},
		fields: []string{"/metadata/labels"},
		body: func(probes.Params) object {
			return object{"metadata": object{"labels": object{label: "privileged"}}}
		},
	}}
}
