package gitlablab

import (
	"encoding/json"
	"strconv"
	"strings"
)

// reads are the routes that change nothing.
func (g *GitLab) reads() map[string]func(call) reply {
	list := func(elements ...any) func(call) reply { return func(call) reply { return ok(elements) } }
	one := func(o object) func(call) reply { return func(call) reply { return ok(o) } }
	named := func(name string, o object) func(call) reply {
		return func(c call) reply {
			if c.r.PathValue("name") != name {
				return missing("Not found")
			}
			return ok(o)
		}
	}
	branch := object{"name": Branch, "allow_force_push": true, "push_access_levels": []any{g.protectedLevel()}, "merge_access_levels": []any{g.protectedLevel()}}
	environment := object{"name": Environment, "deploy_access_levels": []any{g.protectedLevel()}}
	return map[string]func(call) reply{
		"user": func(c call) reply {
			return ok(object{"id": c.as.id, "username": c.as.username, "state": "active", "is_admin": c.as.admin})
		},
		"metadata": one(object{"version": "18.9.0-ee", "enterprise": !g.cfg.Free}),
		"personal_access_tokens/self": func(c call) reply {
			return ok(object{"id": 100 + c.as.id, "name": "sodprobe", "active": true, "revoked": false, "scopes": []string{"api"}})
		},
		"projects/{project}": one(object{"id": ProjectID, "path_with_namespace": Project, "default_branch": Branch, "archived": false, "visibility": "private"}),

		"projects/{project}/members/all/{user}": member,
		"projects/{project}/members/{name}":     func(call) reply { return missing("Not found") },

		"projects/{project}/repository/branches/{name}": ref("refs/heads/", "Branch Not Found"),
		"projects/{project}/repository/tags/{name}":     ref("refs/tags/", "Tag Not Found"),
		"projects/{project}/repository/commits": func(c call) reply {
			return ok(c.commits("--first-parent", "-n", c.r.URL.Query().Get("per_page"), "refs/heads/"+c.r.URL.Query().Get("ref_name")))
		},
		"projects/{project}/repository/compare": func(c call) reply {
			from, to := c.r.URL.Query().Get("from"), c.r.URL.Query().Get("to")
			tip := c.commits("-n", "1", "refs/heads/"+to)
			if len(tip) == 0 {
				return missing("Ref Not Found")
			}
			return ok(object{"commit": tip[0], "commits": c.commits("refs/heads/" + from + "..refs/heads/" + to)})
		},

		"projects/{project}/merge_requests/{name}":                mergeRequest,
		"projects/{project}/merge_requests/{name}/approvals":      func(c call) reply { return ok(object{"user_can_approve": g.may(c.as), "user_has_approved": false}) },
		"projects/{project}/merge_requests/{name}/approval_rules": list(object{"id": 1, "name": "Maintainers", "approvals_required": 1}),
		"projects/{project}/approval_rules":                       g.licensed(list(object{"id": 1, "name": "Maintainers", "approvals_required": 1})),

		"projects/{project}/protected_branches":            list(branch),
		"projects/{project}/protected_branches/{name}":     named(Branch, branch),
		"projects/{project}/protected_tags":                list(object{"name": "v*", "create_access_levels": []any{g.protectedLevel()}}),
		"projects/{project}/protected_environments":        g.licensed(list(environment)),
		"projects/{project}/protected_environments/{name}": g.licensed(named(Environment, environment)),
		"projects/{project}/push_rule":                     g.licensed(one(object{"id": 1, "deny_delete_tag": false})),

		"projects/{project}/deploy_keys":           list(),
		"projects/{project}/variables/{name}":      g.maintainers(func(call) reply { return missing("Variable Not Found") }),
		"projects/{project}/variables":             g.maintainers(list(object{"key": "PROD_TOKEN", "value": "lab-secret-value", "protected": true})),
		"projects/{project}/pipelines":             list(),
		"projects/{project}/pipeline_schedules":    list(),
		"projects/{project}/pipelines/{name}/jobs": pipelineJobs,
		"projects/{project}/jobs/{name}":           job,
		"projects/{project}/deployments/{name}":    deployment,
		"projects/{project}/registry/repositories": list(object{"id": 1, "path": protectedImage}, object{"id": 2, "path": devImage}),
	}
}

// The container repositories.
const (
	protectedImage = Project + "/production"
	devImage       = Project + "/dev"
)

// member is somebody's membership, also by a group above the project: 1001 has
// only that.
func member(c call) reply {
	if c.r.PathValue("user") == "1001" {
		return ok(object{"id": 1001, "username": "erin", "state": "active", "access_level": 20})
	}
	for _, a := range c.accounts {
		if strconv.Itoa(a.id) == c.r.PathValue("user") && a.level > 0 {
			return ok(object{"id": a.id, "username": a.username, "access_level": a.level})
		}
	}
	return missing("Not found")
}

// ref is a branch or a tag.
func ref(prefix, absent string) func(call) reply {
	return func(c call) reply {
		name := c.r.PathValue("name")
		hash, err := c.git("rev-parse", "--verify", "--quiet", prefix+name)
		if err != nil {
			return missing(absent)
		}
		protected := name == Branch || strings.HasPrefix(name, "v")
		return ok(object{"name": name, "commit": object{"id": hash}, "target": hash, "protected": protected})
	}
}

func mergeRequest(c call) reply {
	into := map[string]string{"7": Branch, "8": PermittedBranch}[c.r.PathValue("name")]
	if into == "" {
		return missing("Not found")
	}
	return ok(object{
		"iid": 7, "state": "opened", "target_branch": into, "sha": "feature", "detailed_merge_status": "mergeable",
		"author": object{"username": Alice},
	})
}

// jobs are production's: 77 was retried as 78, 79 waits for somebody to play
// it, 80 runs.
func jobs() map[string]object {
	make := func(id int, status string) object {
		return object{"id": id, "name": "deploy", "status": status, "pipeline": object{"id": 12}}
	}
	return map[string]object{"77": make(77, "failed"), "78": make(78, "success"), "79": make(79, "manual"), "80": make(80, "running")}
}

func job(c call) reply {
	if j, found := jobs()[c.r.PathValue("name")]; found {
		return ok(j)
	}
	return missing("Not found")
}

func pipelineJobs(c call) reply {
	list := []any{jobs()["78"], jobs()["79"], jobs()["80"]}
	if c.r.URL.Query().Get("include_retried") == "true" {
		list = append(list, jobs()["77"])
	}
	return ok(list)
}

// deployment 501 of alice's has ended; 502 waits for approval, where an edition
// knows approvals.
func deployment(c call) reply {
	status := map[string]string{"501": "success", "502": "blocked"}[c.r.PathValue("name")]
	if status == "" {
		return missing("Not found")
	}
	o := object{"id": json.Number(c.r.PathValue("name")), "status": status, "environment": object{"name": Environment}, "user": object{"username": Alice}}
	if !c.cfg.Free {
		o["pending_approval_count"] = map[bool]int{true: 1}[status == "blocked"]
		o["approval_summary"] = object{"rules": []any{object{"access_level": maintainer, "required_approvals": 1}}}
	}
	return ok(o)
}
