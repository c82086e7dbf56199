package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// DeploymentScale attempts to scale a workload to zero.
func DeploymentScale() probes.Probe { return deploymentScale().patch() }

// deploymentScale is the change, by whichever verb.
func deploymentScale() edit {
	return edit{probes.Probe{
		ID: "kubernetes.deployment.scale", Title: "Scale a production workload to zero",
		Why:      "A developer who can scale a Deployment in production takes the service down, or brings up capacity that nobody approved.",
		Severity: probes.Medium, Fix: "Take patch and update on deployments.apps/scale in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1489", Controls: probes.ChangeControls(),
		Needs: []probes.Need{existing("deployment", "a Deployment that exists in both namespaces", "api")},
		Also:  several(through("patch", "deployments.apps", true), through("update", "deployments.apps", true)),
	}, "{scope}", change{
		resource: deployments(), sub: "scale", need: "deployment", in: thePlace, contentType: mergePatch,
		pin:    map[string]string{"/spec/replicas": "0"},
		fields: []string{"/spec/replicas"},
		body: func(_ probes.Params) object {
			return object{"spec": object{"replicas": 0}}
		},
	}}
}
