package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// AppProjectUpdate attempts by PUT what appProjectPatch's probe attempts by PATCH.
func AppProjectUpdate() probes.Probe {
	return appProjectPatch().put(probes.Probe{
		ID: "kubernetes.appproject.update", Title: "Replace an Argo CD project",
		Why: "A developer who can update an AppProject lifts the boundary that holds its Applications, without the right to patch it.",
	})
}
