package gitlablab

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// writes are the routes that would change something, each in GitLab's order
// of checks. What takes effect is noted as a change.
func (g *GitLab) writes() map[string]func(call) reply {
	const p = " /api/v4/projects/{project}/"
	nothing := func(call) reply { return missing("Not found") }
	return map[string]func(call) reply{
		"POST" + p + "repository/commits":                         commit,
		"PUT" + p + "merge_requests/{name}/merge":                 merge,
		"PUT" + p + "merge_requests/{name}/approval_rules/{rule}": g.premium(nothing),
		"PUT" + p + "approval_rules/{rule}":                       g.premium(nothing),
		"PUT" + p + "repository/branches/{name}/unprotect":        g.maintainers(unprotect),
		"POST" + p + "protected_branches":                         g.maintainers(exists("name", Branch, http.StatusConflict, "Protected branch 'main' already exists")),
		"PATCH" + p + "protected_branches/{name}":                 g.maintainers(amend),
		"DELETE" + p + "protected_tags/{name}":                    g.maintainers(remove("v*")),
		"POST" + p + "protected_environments":                     g.premium(exists("name", Environment, http.StatusConflict, "Environment 'production' is already protected")),
		"DELETE" + p + "protected_environments/{name}":            g.premium(remove(Environment)),
		"POST" + p + "push_rule": g.premium(func(call) reply {
			return reply{http.StatusUnprocessableEntity, object{"error": "Project push rule exists"}}
		}),
		"POST" + p + "members":                     g.maintainers(addMember),
		"POST" + p + "deploy_keys":                 g.maintainers(invalid("key", "not-a-key", object{"deploy_key.key": []string{"is invalid"}, "key": []string{"is invalid"}})),
		"POST" + p + "variables":                   g.maintainers(invalid("key", "sod probe!", object{"key": []string{"can contain only letters, digits and '_'."}})),
		"POST" + p + "ci/lint":                     lint,
		"POST" + p + "pipeline":                    pipeline,
		"POST" + p + "pipeline_schedules":          schedule,
		"POST" + p + "jobs/{name}/play":            play,
		"POST" + p + "jobs/{name}/retry":           retry,
		"POST" + p + "deployments/{name}/approval": approve,
		"PUT /api/v4/users/{name}":                 updateUser,
	}
}

// effect answers that something took effect.
func effect(c call) reply {
	c.change("%s %s", c.r.Method, c.r.URL.Path)
	return reply{http.StatusCreated, object{"id": 1}}
}

func commit(c call) reply {
	branch := fmt.Sprint(c.body["branch"])
	switch {
	case c.as.level < developer || branch == Branch && !c.may(c.as):
		return say(http.StatusForbidden, "403 Forbidden - You are not allowed to push into this branch")
	case c.body["start_sha"] != nil:
		return say(http.StatusBadRequest, fmt.Sprintf("A branch called '%s' already exists. Switch to that branch in order to make changes", branch))
	}
	return effect(c)
}

func merge(c call) reply {
	into := map[string]string{"7": Branch, "8": PermittedBranch}[c.r.PathValue("name")]
	switch {
	case into == "":
		return missing("Not found")
	case c.as.level < developer || into == Branch && !c.may(c.as):
		return say(http.StatusUnauthorized, "401 Unauthorized")
	case c.body["sha"] != "feature":
		return say(http.StatusConflict, "SHA does not match HEAD of source branch: feature")
	}
	return effect(c)
}

func unprotect(c call) reply {
	if name := c.r.PathValue("name"); name != Branch && name != PermittedBranch {
		return missing("Branch Not Found")
	}
	return effect(c)
}

// amend looks for the access level that is to go before it saves anything;
// without a licence the levels are dropped.
func amend(c call) reply {
	gone, _ := c.body["allowed_to_push"].([]any)
	switch {
	case c.r.PathValue("name") != Branch || len(gone) == 1 && fmt.Sprint(gone[0].(object)["id"]) == "2.147483647e+09" && !c.cfg.Free:
		return missing("Not found")
	}
	return effect(c)
}

// exists refuses to create what is there.
func exists(field, name string, status int, text string) func(call) reply {
	return func(c call) reply {
		if c.body[field] == name {
			return say(status, text)
		}
		return effect(c)
	}
}

// remove deletes what is there.
func remove(name string) func(call) reply {
	return func(c call) reply {
		if c.r.PathValue("name") != name {
			return missing("Not found")
		}
		return effect(c)
	}
}

// invalid refuses one value of a field.
func invalid(field, value string, message object) func(call) reply {
	return func(c call) reply {
		if c.body[field] == value {
			return say(http.StatusBadRequest, message)
		}
		return effect(c)
	}
}

func addMember(c call) reply {
	level, _ := c.body["access_level"].(float64)
	for _, known := range []float64{5, 10, 15, 20, 30, 40, 50} {
		if level == known {
			return effect(c)
		}
	}
	return say(http.StatusBadRequest, object{"access_level": []string{"is not included in the list"}})
}

// mayRun is the right to run pipelines on a branch.
func (c call) mayRun(branch string) bool {
	return c.as.level >= developer && (branch != Branch || c.may(c.as))
}

func cannotRun(branch string) string {
	return fmt.Sprintf("You do not have sufficient permission to run a pipeline on '%s'. Please select a different branch or contact your administrator for assistance.", branch)
}

func lint(c call) reply {
	branch := fmt.Sprint(c.body["ref"])
	switch {
	case c.as.level < developer:
		return forbidden()
	case c.body["dry_run"] != true:
		return ok(object{"valid": true, "errors": []string{}})
	case !c.mayRun(branch):
		return ok(object{"valid": false, "errors": []string{cannotRun(branch)}})
	}
	return ok(object{"valid": true, "errors": []string{}})
}

func pipeline(c call) reply {
	branch := fmt.Sprint(c.body["ref"])
	list, _ := c.body["variables"].([]any)
	switch {
	case c.as.level < developer:
		return say(http.StatusBadRequest, object{"base": []string{"Insufficient permissions to create a new pipeline"}})
	case !c.mayRun(branch):
		return say(http.StatusBadRequest, object{"base": []string{cannotRun(branch)}})
	case len(list) == 2 && fmt.Sprint(list[0].(object)["key"]) == fmt.Sprint(list[1].(object)["key"]):
		return say(http.StatusBadRequest, object{"base": []string{"Duplicate variable name: " + fmt.Sprint(list[0].(object)["key"])}})
	}
	return effect(c)
}

func schedule(c call) reply {
	branch := strings.TrimPrefix(fmt.Sprint(c.body["ref"]), "refs/heads/")
	switch {
	case c.as.level < developer:
		return forbidden()
	case !c.mayRun(branch):
		return say(http.StatusBadRequest, object{"base": []string{"The current user is not authorized to create the pipeline schedule"}})
	case c.body["cron"] == "sod-invalid":
		return say(http.StatusBadRequest, object{"cron": []string{"syntax is invalid"}})
	}
	return effect(c)
}

// play and retry: who may, then whether the job can. The job 77 was retried,
// 79 is manual, and 78 has ended and would run again.
func play(c call) reply {
	switch {
	case !c.may(c.as):
		return forbidden()
	case c.r.PathValue("name") == "77" || c.r.PathValue("name") == "80":
		return say(http.StatusBadRequest, "400 Bad request - Unplayable Job")
	}
	return effect(c)
}

func retry(c call) reply {
	switch {
	case !c.may(c.as):
		return forbidden()
	case c.r.PathValue("name") != "78":
		return say(http.StatusForbidden, "403 Forbidden - Job is not retryable")
	}
	return effect(c)
}

func approve(c call) reply {
	switch {
	case c.as.level < developer:
		return forbidden()
	case c.as.username == Alice && !c.cfg.Permissive:
		return say(http.StatusBadRequest, "You cannot approve your own deployment. This configuration can be adjusted in the protected environment settings.")
	case c.r.PathValue("name") != "502":
		return say(http.StatusBadRequest, "This deployment is not waiting for approvals.")
	case !c.may(c.as):
		return say(http.StatusBadRequest, "You don't have permission to approve this deployment. Contact the project or group owner for help.")
	case c.body["represented_as"] != nil && c.body["represented_as"] != "Maintainers":
		return say(http.StatusBadRequest, "There are no approval rules for the given `represent_as` parameter")
	case len(fmt.Sprint(c.body["comment"])) > 255:
		return say(http.StatusBadRequest, "Comment is too long (maximum is 255 characters)")
	}
	return effect(c)
}

func updateUser(c call) reply {
	switch {
	case !c.as.admin && (!c.cfg.Permissive || c.as.level < developer):
		return forbidden()
	case c.r.PathValue("name") == "2147483647":
		return missing("User Not Found")
	}
	return effect(c)
}

// registry issues the registry's tokens: what is allowed stands in them.
func (g *GitLab) registry(w http.ResponseWriter, r *http.Request) {
	_, token, _ := r.BasicAuth()
	a := g.byToken(token)
	g.heard(r, a)
	if g.faulty(w, r, a) {
		return
	}
	name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Query().Get("scope"), "repository:"), ":push,pull")
	actions := []string{"pull", "push"}
	switch {
	case a == nil:
		send(w, reply{http.StatusUnauthorized, object{"errors": []object{{"code": "UNAUTHORIZED", "message": "HTTP Basic: Access denied"}}}})
		return
	case name == protectedImage && !g.may(a):
		send(w, reply{http.StatusForbidden, object{"errors": []object{{"code": "DENIED", "message": "Pushing to protected repository path forbidden"}}}})
		return
	case a.level < developer:
		actions = []string{"pull"}
	}
	claims, err := json.Marshal(object{"access": []object{{"type": "repository", "name": name, "actions": actions}}})
	if err != nil {
		return
	}
	send(w, ok(object{"token": "e30." + base64.RawURLEncoding.EncodeToString(claims) + ".c2VjcmV0"}))
}
