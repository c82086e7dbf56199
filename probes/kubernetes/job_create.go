package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// JobCreate attempts to run a one-off job.
func JobCreate() probes.Probe {
	return creates(probes.Probe{
		ID: "kubernetes.job.create", Title: "Run a one-off job",
		Why:      "A developer who can create a Job in production runs code once, beside the reviewed release, against production data.",
		Severity: probes.High, Fix: "Take create on jobs.batch in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1610", Controls: probes.ChangeControls(),
	}, batch("jobs", "Job"), func(params probes.Params) object {
		return object{"spec": object{"template": object{"spec": podSpec("Never", params.Place["image"])}}}
	})
}
