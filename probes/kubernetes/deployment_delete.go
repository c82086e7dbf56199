package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// DeploymentDelete attempts to remove a workload.
func DeploymentDelete() probes.Probe {
	return deletes(probes.Probe{
		ID: "kubernetes.deployment.delete", Title: "Remove a production workload",
		Why:      "A developer who can delete a Deployment in production takes the service down.",
		Severity: probes.High, Fix: "Take delete on deployments.apps in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1485", Controls: probes.ChangeControls(),
		Needs: []probes.Need{existing("deployment", "a Deployment that exists in both namespaces", "api")},
	}, deployments(), "{scope}", "deployment", thePlace)
}
