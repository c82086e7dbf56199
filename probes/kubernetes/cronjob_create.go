package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// CronJobCreate attempts to plant a recurring job.
func CronJobCreate() probes.Probe {
	return creates(probes.Probe{
		ID: "kubernetes.cronjob.create", Title: "Plant a recurring job",
		Why:      "A developer who can create a CronJob in production keeps running code there on a schedule that nobody approved.",
		Severity: probes.High, Fix: "Take create on cronjobs.batch in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1053.007", Controls: probes.ChangeControls(),
	}, batch("cronjobs", "CronJob"), func(params probes.Params) object {
		return object{"spec": object{
			"schedule": "0 0 1 1 *", "suspend": true,
			"jobTemplate": object{"spec": object{"template": object{"spec": podSpec("Never", params.Place["image"])}}},
		}}
	})
}
