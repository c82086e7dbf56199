package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ServicePatch attempts to redirect the traffic of a service.
func ServicePatch() probes.Probe { return servicePatch().patch() }

// servicePatch is the change, by whichever verb.
func servicePatch() edit {
	return edit{probes.Probe{
		ID: "kubernetes.service.patch", Title: "Redirect the traffic of a production service",
		Why:      "A developer who can patch a Service in production sends its traffic to Pods of their own.",
		Severity: probes.High, Fix: "Take patch and update on services in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1557", Controls: probes.ChangeControls(),
		Needs: []probes.Need{existing("service", "a Service that exists in both namespaces", "api")},
	}, "{scope}", change{
		resource: core("services", "Service"), need: "service", in: thePlace, contentType: mergePatch,
		pin:    map[string]string{"/spec/selector/sodprobe-run": "{run}"},
		fields: []string{"/spec/selector"},
		body: func(params probes.Params) object {
			return object{"spec": object{"selector": object{"sodprobe-run": params.Run}}}
		},
	}}
}
