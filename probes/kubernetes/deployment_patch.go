package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// DeploymentPatch attempts to change what production runs.
func DeploymentPatch() probes.Probe { return deploymentPatch().patch() }

// deploymentPatch is the change, by whichever verb.
func deploymentPatch() edit {
	return edit{probes.Probe{
		ID: "kubernetes.deployment.patch", Title: "Change what a production workload runs",
		Why:      "A developer who can patch a Deployment in production changes the running code without review.",
		Severity: probes.High, Fix: "Take patch and update on deployments.apps in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1525", Controls: probes.ChangeControls(),
		Needs: []probes.Need{existing("deployment", "a Deployment that exists in both namespaces", "api")},
	}, "{scope}", change{
		resource: deployments(), need: "deployment", in: thePlace, contentType: strategicPatch,
		pin:    map[string]string{sidecarAt: "{run}"},
		fields: []string{"/spec/template"},
		body: func(params probes.Params) object {
			return sidecar(params)
		},
	}}
}
