package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// AppProjectUpdate attempts by PUT what appProjectPatch's probe attempts by PATCH.
func AppProjectUpdate() probes.Probe {
	return appProjectPatch().put(probes.Probe{
		ID: "kubernetes.appproject.update", Title: "Replace an Argo CD project",
		Severity: probes.Critical, Fix: "Take update on appprojects.argoproj.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update an AppProject lifts the boundary that holds its Applications, without the right to patch it.",
	})
}
