package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// ScheduleCreate attempts a schedule on the protected branch, at no time, in no
// timezone, and switched off.
func ScheduleCreate() probes.Probe {
	return writes(probes.Probe{
		ID: "gitlab.schedule.create", Title: "Schedule a pipeline on the protected branch",
		Why:      "A developer who can schedule pipelines on the protected branch deploys at night.",
		Severity: probes.High, Fix: "Protect the branch: only who may merge or push there may schedule its pipelines.",
		Attack: "T1053", Controls: probes.ChangeControls(), Expect: []targets.Layer{targets.PipelinePermission},
		Requires: targets.Requirements{gitlab.Version("16.3")},
	}, write{
		route: "POST /projects/:id/pipeline_schedules", path: "pipeline_schedules", resource: "pipeline schedule",
		body: func(place targets.Place, params probes.Params) object {
			return object{
				"description":   params.Arm,
				"ref":           "refs/heads/" + place.Values["branch"],
				"cron":          gitlab.NoCron,
				"cron_timezone": gitlab.NoCron,
				"active":        false,
			}
		},
		pin:     map[string]string{"/ref": "refs/heads/{branch}", "/cron": gitlab.NoCron, "/cron_timezone": gitlab.NoCron, "/active": "false"},
		before:  "it looks at the cron line before it asks who may run pipelines on the branch",
		reached: []string{"text:cron: syntax is invalid", "text:cron:  is invalid syntax", "text:cron: is invalid syntax"},
		state:   inTheProject("pipeline_schedules", "/*/id", "/*/description"),
	})
}
