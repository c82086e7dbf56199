package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// NamespaceLabelByPut attempts by PUT what namespaceLabel's probe attempts by PATCH.
func NamespaceLabelByPut() probes.Probe {
	return namespaceLabel().put(probes.Probe{
		ID:       "kubernetes.namespace.label-by-put",
		Title:    "Lower the Pod Security level of production by replacing its namespace",
		Severity: probes.High, Fix: "Take update on namespaces in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update the production namespace lifts the rules that keep privileged Pods out of it, without the right to patch it.",
	})
}
