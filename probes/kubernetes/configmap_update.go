package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ConfigMapUpdate attempts by PUT what configMapPatch's probe attempts by PATCH.
func ConfigMapUpdate() probes.Probe {
	return configMapPatch().put(probes.Probe{
		ID:       "kubernetes.configmap.update",
		Title:    "Replace production configuration",
		Severity: probes.High, Fix: "Take update on configmaps in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update a ConfigMap in production changes how the application behaves without a release, and without the right to patch it.",
	})
}
