package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// PolicyBindingDelete attempts to switch an admission policy off.
func PolicyBindingDelete() probes.Probe {
	return deletes(probes.Probe{
		ID: "kubernetes.validatingadmissionpolicybinding.delete", Title: "Switch an admission policy off",
		Why:      "A developer who can delete a policy binding removes the checks that every deployment has to pass.",
		Severity: probes.Critical, Fix: "Take delete on validatingadmissionpolicybindings.admissionregistration.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1562.001", Controls: probes.PrivilegeControls(),
		Needs:    []probes.Need{existing("binding", "a ValidatingAdmissionPolicyBinding that exists", "registry")},
		Baseline: standing(),
	}, admission("validatingadmissionpolicybindings"), "", "binding", theCluster)
}
