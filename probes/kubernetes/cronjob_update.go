package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// CronJobUpdate attempts by PUT what cronJobPatch's probe attempts by PATCH.
func CronJobUpdate() probes.Probe {
	return cronJobPatch().put(probes.Probe{
		ID: "kubernetes.cronjob.update", Title: "Replace a recurring job",
		Severity: probes.High, Fix: "Take update on cronjobs.batch in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Why: "A developer who can update a CronJob in production changes what it does and when, without the right to patch it.",
	})
}
