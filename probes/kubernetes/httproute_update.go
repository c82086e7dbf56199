package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// HTTPRouteUpdate attempts by PUT what httpRoutePatch's probe attempts by PATCH.
func HTTPRouteUpdate() probes.Probe {
	return httpRoutePatch().put(probes.Probe{
		ID: "kubernetes.httproute.update", Title: "Replace a production route of a gateway",
		Why: "A developer who can update an HTTPRoute in production sends a gateway's traffic elsewhere, without the right to patch it.",
	})
}
