package kubernetes

import "github.com/sodprobe/sodprobe/probes"

// CronJobPatch attempts to change a recurring job.
func CronJobPatch() probes.Probe { return cronJobPatch().patch() }

// cronJobPatch is the change, by whichever verb.
func cronJobPatch() edit {
	return edit{probes.Probe{
		ID: "kubernetes.cronjob.patch", Title: "Change the schedule of a recurring job",
		Why:      "A developer who can patch a CronJob in production changes when it runs and what it does, with the job's own credentials.",
		Severity: probes.High, Fix: "Take patch and update on cronjobs.batch in production out of every Role and ClusterRole that developers are bound to, through groups as well.",
		Attack: "T1053.007", Controls: probes.ChangeControls(),
		Needs: []probes.Need{existing("cronjob", "a CronJob that exists in both namespaces", "report")},
	}, "{scope}", change{
		resource: batch("cronjobs", "CronJob"), need: "cronjob", in: thePlace, contentType: mergePatch,
		pin:    map[string]string{"/spec/schedule": "0 0 1 1 *"},
		fields: []string{"/spec/schedule"},
		body: func(_ probes.Params) object {
			return object{"spec": object{"schedule": "0 0 1 1 *"}}
		},
	}}
}
