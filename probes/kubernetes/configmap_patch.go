package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ConfigMapPatch attempts to change configuration.
func ConfigMapPatch() probes.Probe { return configMapPatch().patch() }

// configMapPatch is the change, by whichever verb.
func configMapPatch() edit {
	return edit{probes.Probe{
		ID: "kubernetes.configmap.patch", Title: "Change production configuration",
		Why:      "A developer who can patch a ConfigMap in production changes how the application behaves without a release.",
		Severity: probes.High, Fix: "Take patch and update on configmaps in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1565.001", Controls: probes.ChangeControls(),
		Needs: []probes.Need{existing("configmap", "a ConfigMap that exists in both namespaces", "api-config")},
	}, "{scope}", change{
		resource: core("configmaps", "ConfigMap"), need: "configmap", in: thePlace, contentType: mergePatch,
		pin:    map[string]string{"/data/sodprobe": "{run}"},
		fields: []string{"/data"},
		body: func(params probes.Params) object {
			return object{"data": object{"sodprobe": params.Run}}
		},
	}}
}
