package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// IngressCreate attempts to expose a service.
func IngressCreate() probes.Probe {
	return creates(probes.Probe{
		ID: "kubernetes.ingress.create", Title: "Route outside traffic into production",
		Why:      "A developer who can create an Ingress in production exposes a service, or takes over the traffic of another.",
		Severity: probes.High, Fix: "Take create on ingresses.networking.k8s.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1557", Controls: probes.ChangeControls(),
	}, resource{"networking.k8s.io", "v1", "ingresses", "Ingress"}, func(params probes.Params) object {
		return object{"spec": object{"defaultBackend": object{"service": object{"name": params.Run, "port": object{"number": 80}}}}}
	})
}
