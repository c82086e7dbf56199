package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ValidatingWebhookDelete attempts to switch an admission webhook off.
func ValidatingWebhookDelete() probes.Probe {
	return deletes(probes.Probe{
		ID: "kubernetes.validatingwebhookconfiguration.delete", Title: "Switch an admission webhook off",
		Why:      "A developer who can delete a webhook configuration removes the checks that every deployment has to pass.",
		Severity: probes.Critical, Fix: "Take delete on validatingwebhookconfigurations.admissionregistration.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1562.001", Controls: probes.PrivilegeControls(),
		Needs:    []probes.Need{existing("webhook", "a ValidatingWebhookConfiguration that exists", "policy")},
		Baseline: standing(),
	}, admission("validatingwebhookconfigurations"), "", "webhook", theCluster)
}
