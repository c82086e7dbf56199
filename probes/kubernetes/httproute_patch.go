package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// HTTPRoutePatch attempts to change the host names of a route of a gateway.
func HTTPRoutePatch() probes.Probe { return httpRoutePatch().patch() }

// httpRoutePatch is the change, by whichever verb.
func httpRoutePatch() edit {
	return edit{
		probes.Probe{
			ID: "kubernetes.httproute.patch", Title: "Change where a gateway sends its traffic",
			Why:      "A developer who can patch an HTTPRoute in production sends a gateway's traffic elsewhere.",
			Severity: probes.High, Fix: "Take patch and update on httproutes.gateway.networking.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
			Attack: "T1557", Controls: probes.ChangeControls(),
			Needs: []probes.Need{existing("httproute", "an HTTPRoute that exists in both namespaces", "api")},
		},
		"{scope}",
		change{
			resource: resource{
				"gateway.networking.k8s.io",
				"v1",
				"httproutes",
				"HTTPRoute",
			},
			need:        "httproute",
			in:          thePlace,
			contentType: mergePatch,
			pin:         map[string]string{"/spec/hostnames/0": "{run}.invalid"},
			fields:      []string{"/spec/hostnames"},
			body: func(params probes.Params) object {
				return object{"spec": object{"hostnames": []string{params.Run + ".invalid"}}}
			},
		},
	}
}
