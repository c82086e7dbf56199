package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// DeploymentRestartByPut attempts by PUT what deploymentRestart's probe attempts by PATCH.
func DeploymentRestartByPut() probes.Probe {
	return deploymentRestart().put(probes.Probe{
		ID: "kubernetes.deployment.restart-by-put", Title: "Restart a production workload by replacing it",
		Severity: probes.High, Fix: "Take update on deployments.apps in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update a Deployment in production restarts it whenever they like, without the right to patch it.",
	})
}
