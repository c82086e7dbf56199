package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// DeploymentUpdate attempts by PUT what deploymentPatch's probe attempts by PATCH.
func DeploymentUpdate() probes.Probe {
	return deploymentPatch().put(probes.Probe{
		ID: "kubernetes.deployment.update", Title: "Replace what a production workload runs",
		Severity: probes.High, Fix: "Take update on deployments.apps in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update a Deployment in production changes the running code without review, and without the right to patch it.",
	})
}
