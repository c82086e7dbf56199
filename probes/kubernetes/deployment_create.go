package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// DeploymentCreate attempts to deploy a new workload.
func DeploymentCreate() probes.Probe {
	return creates(probes.Probe{
		ID: "kubernetes.deployment.create", Title: "Deploy a new workload",
		Why:      "A developer who can create a Deployment in production runs any code there without anybody else having approved it.",
		Severity: probes.High, Fix: "Take create on deployments.apps in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1610", Controls: probes.ChangeControls(),
	}, deployments(), func(params probes.Params) object {
		return object{"spec": with(selected(params), "replicas", 0)}
	})
}
