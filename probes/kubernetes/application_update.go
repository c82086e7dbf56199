package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// ApplicationUpdate attempts by PUT what applicationPatch's probe attempts by PATCH.
func ApplicationUpdate() probes.Probe {
	return applicationPatch().put(probes.Probe{
		ID:       "kubernetes.application.update",
		Title:    "Replace the Argo CD Application that deploys production",
		Severity: probes.High, Fix: "Take update on applications.argoproj.io in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update the Application that deploys production makes Argo CD deploy any revision for them, without the right to patch it.",
	})
}
