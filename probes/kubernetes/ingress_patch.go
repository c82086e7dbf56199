package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// IngressPatch attempts to change the default backend of an Ingress.
func IngressPatch() probes.Probe { return ingressPatch().patch() }

// ingressPatch is the change, by whichever verb.
func ingressPatch() edit {
	return edit{probes.Probe{
		ID: "kubernetes.ingress.patch", Title: "Change where outside traffic goes",
		Why:      "A developer who can patch an Ingress in production sends outside traffic to a service of their own.",
		Severity: probes.High, Fix: "Take patch and update on ingresses.networking.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1557", Controls: probes.ChangeControls(),
		Needs: []probes.Need{existing("ingress", "an Ingress that exists in both namespaces", "api")},
	}, "{scope}", change{
		resource: resource{"networking.k8s.io", "v1", "ingresses", "Ingress"}, need: "ingress", in: thePlace, contentType: mergePatch,
		pin:    map[string]string{"/spec/defaultBackend/service/name": "{run}"},
		fields: []string{"/spec/defaultBackend", "/spec/rules"},
		body: func(params probes.Params) object {
			return object{"spec": object{"defaultBackend": object{"service": object{"name": params.Run, "port": object{"number": 80}}}}}
		},
	}}
}
