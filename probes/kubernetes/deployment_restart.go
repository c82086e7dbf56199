package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// DeploymentRestart attempts to restart a workload.
func DeploymentRestart() probes.Probe { return deploymentRestart().patch() }

// deploymentRestart is the change, by whichever verb.
func deploymentRestart() edit {
	return edit{probes.Probe{
		ID: "kubernetes.deployment.restart", Title: "Restart a production workload",
		Why:      "A developer who can restart a Deployment in production interrupts it, and rolls out whatever its image tag points to now.",
		Severity: probes.Medium, Fix: "Take patch and update on deployments.apps in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1529", Controls: probes.ChangeControls(),
		Needs: []probes.Need{existing("deployment", "a Deployment that exists in both namespaces", "api")},
	}, "{scope}", change{
		resource: deployments(), need: "deployment", in: thePlace, contentType: strategicPatch,
		pin:    map[string]string{"/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt": "{run}"},
		fields: []string{"/spec/template"},
		body: func(params probes.Params) object {
			return object{"spec": object{"template": object{"metadata": object{"annotations": object{
				"kubectl.kubernetes.io/restartedAt": params.Run,
			}}}}}
		},
	}}
}
