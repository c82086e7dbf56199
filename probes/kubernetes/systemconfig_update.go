package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// SystemConfigUpdate attempts by PUT what systemConfigPatch's probe attempts by PATCH.
func SystemConfigUpdate() probes.Probe {
	return systemConfigPatch().put(probes.Probe{
		ID:       "kubernetes.systemconfig.update",
		Title:    "Replace the configuration of the cluster itself",
		Severity: probes.Critical, Fix: "Take update on configmaps in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update a ConfigMap of the control plane changes who may do what, or where names lead, without the right to patch it.",
	})
}
