package gitlablab

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// deployments are the routes that run or approve something.
func (g *GitLab) deployments() map[string]func(call) reply {
	const p = " /api/v4/projects/{project}/"
	return map[string]func(call) reply{
		"POST" + p + "ci/lint":            lint,
		"POST" + p + "pipeline":           pipeline,
		"POST" + p + "pipeline_schedules": schedule,
		"POST" + p + "jobs/{name}/play":   onJob([]string{"77", "80"}, say(http.StatusBadRequest, "400 Bad request - Unplayable Job")),
		"POST" + p + "jobs/{name}/retry": onJob(
			[]string{"77", "79", "80"},
			say(http.StatusForbidden, "403 Forbidden - Job is not retryable"),
		),
		"POST" + p + "deployments/{name}/approval": approve,
	}
}

func cannotRun(branch string) string {
	return fmt.Sprintf(
		"You do not have sufficient permission to run a pipeline on '%s'. Please select a different branch or contact your administrator for assistance.",
		branch,
	)
}

// lint simulates a pipeline, and asks who may run it since 15.2
// (lib/gitlab/ci/lint.rb).
func lint(c call) reply {
	branch := fmt.Sprint(c.body["ref"])
	switch {
	case !c.as.develops():
		return forbidden()
	case c.body["dry_run"] == true && !c.runs(c.as, branch):
		return ok(object{"valid": false, "errors": []string{cannotRun(branch)}})
	}
	return ok(object{"valid": true, "errors": []string{}})
}

// pipeline: the chain looks at who may run one before it looks at the
// variables, and before 17.11 the other way around
// (app/services/ci/create_pipeline_service.rb).
func pipeline(c call) reply {
	branch := fmt.Sprint(c.body["ref"])
	base := func(text string) *reply {
		r := say(http.StatusBadRequest, object{"base": []string{text}})
		return &r
	}
	abilities := func() *reply {
		switch {
		case !c.as.develops():
			return base("Insufficient permissions to create a new pipeline")
		case !c.runs(c.as, branch):
			return base(cannotRun(branch))
		}
		return nil
	}
	associations := func() *reply {
		list, _ := c.body["variables"].([]any)
		if len(list) == 2 && fmt.Sprint(list[0].(object)["key"]) == fmt.Sprint(list[1].(object)["key"]) {
			return base("Duplicate variable name: " + fmt.Sprint(list[0].(object)["key"]))
		}
		return nil
	}
	chain := []func() *reply{abilities, associations}
	if !c.since("17.11") {
		chain = []func() *reply{associations, abilities}
	}
	for _, step := range chain {
		if stopped := step(); stopped != nil {
			return *stopped
		}
	}
	return effect(c)
}

// schedule asks who may run pipelines on the branch since 16.3
// (app/services/ci/pipeline_schedules).
func schedule(c call) reply {
	branch := strings.TrimPrefix(fmt.Sprint(c.body["ref"]), "refs/heads/")
	switch {
	case !c.as.develops():
		return forbidden()
	case c.since("16.3") && !c.runs(c.as, branch):
		return say(http.StatusBadRequest, object{"base": []string{"The current user is not authorized to create the pipeline schedule"}})
	case c.body["cron"] == "sod-invalid":
		return say(http.StatusBadRequest, object{"cron": []string{"syntax is invalid"}})
	case c.body["cron_timezone"] == "sod-invalid":
		return say(http.StatusBadRequest, object{"cron_timezone": []string{"syntax is invalid"}})
	}
	return effect(c)
}

// onJob: the job, who may (update_build, and the environment's protection), and
// whether it can: no where it cannot. The job 77 was retried, 79 is manual, and
// 78 has ended (lib/api/ci/jobs.rb).
func onJob(cannot []string, no reply) func(call) reply {
	return func(c call) reply {
		id := c.r.PathValue("name")
		_, found := jobs()[id]
		switch {
		case !c.as.develops():
			return forbidden()
		case !found:
			return missing("Not found")
		case !c.deploys(c.as):
			return forbidden()
		case slices.Contains(cannot, id):
			return no
		}
		return effect(c)
	}
}

// approve follows ee/app/services/deployments/approval_service.rb: whether the
// deployment waits comes first until 16.1, and after whether it is one's own
// since. It waits while approvals are missing, whatever its status is.
func approve(c call) reply {
	const notWaiting = "This deployment is not waiting for approvals."
	id := c.r.PathValue("name")
	waits := id == "502"
	entitled := c.as.level >= maintainer
	switch {
	case !c.as.develops():
		return forbidden()
	case id != "501" && id != "502" || !c.licensed():
		return missing("Not found")
	case !c.since("16.2") && !waits:
		return say(http.StatusBadRequest, notWaiting)
	case c.as.username == Alice && c.cfg.Posture == Enforced:
		return say(
			http.StatusBadRequest,
			"You cannot approve your own deployment. This configuration can be adjusted in the protected environment settings.",
		)
	case !waits:
		return say(http.StatusBadRequest, notWaiting)
	case !entitled:
		return say(http.StatusBadRequest, "You don't have permission to approve this deployment. Contact the project or group owner for help.")
	case c.body["represented_as"] != nil && c.body["represented_as"] != "Maintainers":
		return say(http.StatusBadRequest, "There are no approval rules for the given `represent_as` parameter")
	case utf8.RuneCountInString(fmt.Sprint(c.body["comment"])) > 255:
		return say(http.StatusBadRequest, "Comment is too long (maximum is 255 characters)")
	}
	return effect(c)
}
