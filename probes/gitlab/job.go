package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// onAJob completes a probe that starts a production job which has been retried
// already, and so can never run again.
func onAJob(p probes.Probe, verb string, reached string) probes.Probe {
	p.Attack, p.Controls, p.Baseline = "T1072", probes.ChangeControls(), standing()
	p.Expect = []targets.Layer{targets.EnvironmentProtection, targets.PipelinePermission}
	// An outdated deployment, as of a job that was retried since, may be refused to
	// everybody (app/policies/ci/build_policy.rb and deployable_policy.rb): without
	// somebody who may, a refusal says nothing.
	p.Alters = []string{"the age of the deployment"}
	p.Needs = []probes.Need{number("job", "the id of a production job that has ended and was retried since", "77")}
	p.Limits = []string{
		"GitLab's words do not tell a protected environment from a protected branch. On GitLab Free, environments cannot be protected.",
	}
	return writes(p, write{
		route: "POST /projects/:id/jobs/:job_id/" + verb, path: "jobs/{job}/" + verb, resource: "job",
		prepare: gitlab.Retried(),
		reached: []string{reached},
		state:   numbered("jobs/", "job", "/id", "/status", "/started_at", "/finished_at"),
	})
}
