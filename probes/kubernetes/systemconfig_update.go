package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// SystemConfigUpdate attempts by PUT what systemConfigPatch's probe attempts by PATCH.
func SystemConfigUpdate() probes.Probe {
	return systemConfigPatch().put(probes.Probe{
		ID:    "kubernetes.systemconfig.update",
		Title: "Replace the configuration of the cluster itself",
		Why:   "A developer who can update a ConfigMap of the control plane changes who may do what, or where names lead, without the right to patch it.",
	})
}
