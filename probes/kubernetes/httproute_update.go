package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// HTTPRouteUpdate attempts by PUT what httpRoutePatch's probe attempts by PATCH.
func HTTPRouteUpdate() probes.Probe {
	return httpRoutePatch().put(probes.Probe{
		ID: "kubernetes.httproute.update", Title: "Replace a production route of a gateway",
		Severity: probes.High, Fix: "Take update on httproutes.gateway.networking.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update an HTTPRoute in production sends a gateway's traffic elsewhere, without the right to patch it.",
	})
}
