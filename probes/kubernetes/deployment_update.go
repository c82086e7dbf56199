package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// DeploymentUpdate attempts by PUT what deploymentPatch's probe attempts by PATCH.
func DeploymentUpdate() probes.Probe {
	return deploymentPatch().put(probes.Probe{
		ID: "kubernetes.deployment.update", Title: "Replace what a production workload runs",
		Why: "A developer who can update a Deployment in production changes the running code without review, and without the right to patch it.",
	})
}
