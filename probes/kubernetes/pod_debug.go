package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// PodDebug attempts to add an ephemeral container.
func PodDebug() probes.Probe { return podDebug().patch() }

// podDebug is the change, by whichever verb.
func podDebug() edit {
	return edit{
		probes.Probe{
			ID:       "kubernetes.pod.debug",
			Title:    "Add a debug container to a running pod",
			Why:      "A developer who can add an ephemeral container to a production Pod runs any code beside the application, with its network and volumes.",
			Severity: probes.High, Fix: "Take patch and update on pods/ephemeralcontainers in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
			Attack:   "T1609",
			Controls: probes.ChangeControls(),
			Needs:    []probes.Need{existing("pod", "a Pod that exists in both namespaces", "api-0")},
		},
		"{scope}",
		change{
			resource: pods(), sub: "ephemeralcontainers", need: "pod", in: thePlace, contentType: strategicPatch,
			pin:    map[string]string{"/spec/ephemeralContainers/0/name": "{run}"},
			fields: []string{"/spec/ephemeralContainers"},
			body: func(params probes.Params) object {
				return object{"spec": object{"ephemeralContainers": []object{{
					"name": params.Run, "image": params.Place["image"],
					"securityContext": container("", "")["securityContext"],
				}}}}
			},
		},
	}
}
