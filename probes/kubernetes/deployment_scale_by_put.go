package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// DeploymentScaleByPut attempts by PUT what deploymentScale's probe attempts by PATCH.
func DeploymentScaleByPut() probes.Probe {
	return deploymentScale().put(probes.Probe{
		ID: "kubernetes.deployment.scale-by-put", Title: "Scale a production workload to zero by replacing its scale",
		Severity: probes.High, Fix: "Take update on deployments.apps/scale in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update the scale of a Deployment in production takes the service down, without the right to patch it.",
	})
}
