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
	level := func(what string) []any { return []any{object{"access_level": g.levels(what)}} }
	branch := object{
		"name":                Branch,
		"allow_force_push":    g.forcible(),
		"push_access_levels":  level("push"),
		"merge_access_levels": level("merge"),
	}
	environment := object{"name": Environment, "deploy_access_levels": level("deploy")}
	return map[string]func(call) reply{
		"user": func(c call) reply {
			return ok(object{"id": c.as.id, "username": c.as.username, "state": "active", "is_admin": c.as.admin})
		},
		"metadata": one(object{"version": g.version(), "enterprise": g.licensed()}),
		"personal_access_tokens/self": func(c call) reply {
			return ok(object{"id": 100 + c.as.id, "name": "sodprobe", "active": true, "revoked": false, "scopes": []string{"api"}})
		},
		"projects/{project}": one(object{
			"id": ProjectID, "path_with_namespace": Project, "default_branch": Branch, "archived": false, "visibility": "private",
			"namespace": object{"kind": "group"}, "shared_with_groups": []any{},
		}),

		"projects/{project}/members/all/{user}": member,
		"projects/{project}/members/{user}":     member,
		"groups/{group}":                        one(object{"full_path": "payments", "shared_with_groups": []any{}}),
		"groups/{group}/members/{user}":         func(call) reply { return missing("Not found") },
		"users/{user}":                          user,

		"projects/{project}/repository/branches/{name}": ref("refs/heads/", "Branch Not Found"),
		"projects/{project}/repository/tags/{name}":     ref("refs/tags/", "Tag Not Found"),
		"projects/{project}/repository/commits": func(c call) reply {
			q := c.r.URL.Query()
			return ok(c.commits("--first-parent", "-n", q.Get("per_page"), "refs/heads/"+q.Get("ref_name")))
		},
		"projects/{project}/repository/compare": func(c call) reply {
			from, to := c.r.URL.Query().Get("from"), c.r.URL.Query().Get("to")
			tip := c.commits("-n", "1", "refs/heads/"+to)
			if len(tip) == 0 {
				return missing("Ref Not Found")
			}
			return ok(object{"commit": tip[0], "commits": c.commits("refs/heads/" + from + "..refs/heads/" + to)})
		},

		"projects/{project}/merge_requests/{name}": mergeRequest,
		"projects/{project}/merge_requests/{name}/approvals": func(c call) reply {
			return ok(object{"user_can_approve": c.as.maintains(), "user_has_approved": false})
		},
		"projects/{project}/merge_requests/{name}/approval_rules": list(object{"id": 1, "name": "Maintainers", "approvals_required": 1}),
		"projects/{project}/approvals": g.onlyPremium(
			one(object{"disable_overriding_approvers_per_merge_request": !g.overriding()}),
		),
		"projects/{project}/approval_rules": g.onlyPremium(
			list(object{"id": 1, "name": "Maintainers", "approvals_required": 1}),
		),

		"projects/{project}/protected_branches":            list(branch),
		"projects/{project}/protected_branches/{name}":     named(Branch, branch),
		"projects/{project}/protected_tags":                list(object{"name": "v*", "create_access_levels": level("tag")}),
		"projects/{project}/protected_environments":        g.onlyPremium(list(environment)),
		"projects/{project}/protected_environments/{name}": g.onlyPremium(named(Environment, environment)),
		"projects/{project}/push_rule":                     g.onlyPremium(one(object{"id": 1, "deny_delete_tag": false})),

		"projects/{project}/deploy_keys":      list(),
		"projects/{project}/variables/{name}": g.maintainers(func(call) reply { return missing("Variable Not Found") }),
		"projects/{project}/variables": g.maintainers(
			list(object{"key": "PROD_TOKEN", "value": "lab-secret-value", "protected": true}),
		),
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
// only that, and is no direct member. The Enterprise Edition says more of it.
func member(c call) reply {
	above := strings.Contains(c.r.URL.Path, "/all/")
	if c.r.PathValue("user") == "1001" && above {
		return ok(object{"id": 1001, "username": "erin", "state": "active", "access_level": 20})
	}
	for _, a := range c.accounts {
		if strconv.Itoa(a.id) != c.r.PathValue("user") || a.level == 0 {
			continue
		}
		o := object{"id": a.id, "username": a.username, "state": "active", "access_level": a.level}
		if c.licensed() {
			o["membership_state"] = "active"
		}
		if c.customRoles() && a.custom != nil {
			o["member_role"] = object{"id": 7, "name": "Branch keeper", "admin_protected_branch": true}
		}
		return ok(o)
	}
	return missing("Not found")
}

// user is an account; whether it is an administrator's only administrators and
// auditors see (can_read_all_resources?, lib/api/users.rb): the observer is one.
func user(c call) reply {
	for _, a := range c.accounts {
		if strconv.Itoa(a.id) == c.r.PathValue("user") {
			return ok(object{"id": a.id, "username": a.username, "state": "active", "is_admin": a.admin})
		}
	}
	return missing("User Not Found")
}

// ref is a branch or a tag.
func ref(prefix, absent string) func(call) reply {
	return func(c call) reply {
		name := c.r.PathValue("name")
		hash, err := c.run("rev-parse", "--verify", "--quiet", prefix+name)
		if err != nil {
			return missing(absent)
		}
		protected := name == Branch || strings.HasPrefix(name, "v")
		return ok(object{"name": name, "commit": object{"id": hash}, "target": hash, "protected": protected})
	}
}

// request is a merge request.
type request struct{ into, author, status string }

// mergeRequest finds one: alice's 7 into the protected branch, of which nobody
// has approved, her 8 into the permitted one, and 9, which was approved. An
// edition that knows no approvals asks for none, nor does a project that is
// permissive.
func (g *GitLab) mergeRequest(iid string) *request {
	waits := "not_approved"
	if !g.licensed() || g.cfg.Posture == Permissive {
		waits = "mergeable"
	}
	return map[string]*request{
		"7": {Branch, Alice, waits}, "8": {AllowedBranch, Alice, "mergeable"}, "9": {Branch, Alice, "mergeable"},
	}[iid]
}

func mergeRequest(c call) reply {
	mr := c.mergeRequest(c.r.PathValue("name"))
	if mr == nil {
		return missing("Not found")
	}
	return ok(object{
		"iid": json.Number(
			c.r.PathValue("name"),
		),
		"state":                 "opened",
		"target_branch":         mr.into,
		"sha":                   "feature",
		"detailed_merge_status": mr.status,
		"author":                object{"username": mr.author},
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
	o := object{
		"id":          json.Number(c.r.PathValue("name")),
		"status":      status,
		"environment": object{"name": Environment},
		"user":        object{"username": Alice},
	}
	if c.licensed() {
		o["pending_approval_count"] = map[bool]int{true: 1}[status == "blocked"]
		o["approval_summary"] = object{"rules": []any{object{"access_level": maintainer, "required_approvals": 1}}}
	}
	return ok(o)
}
