package gitlablab

import (
	"fmt"
	"net/http"
)

// nobody is the highest id that GitLab's database can hold, as JSON is read.
const nobody = float64(2147483647)

// protections are the routes that change who may do what, each in the order of
// checks of lib/api and ee/lib/api (18.9; older ones where they say so).
func (g *GitLab) protections() map[string]func(call) reply {
	const p = " /api/v4/projects/{project}/"
	return map[string]func(call) reply{
		"POST" + p + "protected_branches":                         protect,
		"PATCH" + p + "protected_branches/{name}":                 amend,
		"PUT" + p + "repository/branches/{name}/unprotect":        unprotect,
		"DELETE" + p + "protected_tags/{name}":                    unprotectTag,
		"POST" + p + "protected_environments":                     protectEnvironment,
		"DELETE" + p + "protected_environments/{name}":            unprotectEnvironment,
		"PUT" + p + "approval_rules/{rule}":                       approvalRule,
		"PUT" + p + "merge_requests/{name}/approval_rules/{rule}": mergeRequestRule,
		"POST" + p + "push_rule":                                  pushRule,
	}
}

// levelOf is a field of the first of a list of access levels.
func levelOf(list any, field string) any {
	levels, _ := list.([]any)
	if len(levels) == 0 {
		return nil
	}
	level, _ := levels[0].(object)
	return level[field]
}

// protect: create_protected_branch (before 17, admin_project), then whether
// there is one (lib/api/protected_branches.rb, 18.9).
func protect(c call) reply {
	switch {
	case !c.protects(c.as):
		return forbidden()
	case c.body["name"] == Branch:
		return say(http.StatusConflict, "Protected branch 'main' already exists")
	case c.licensed() && levelOf(c.body["allowed_to_push"], "user_id") == nobody:
		return say(http.StatusUnprocessableEntity, []string{"Push access levels user must exist"})
	}
	return effect(c)
}

// amend looks the rule up before it asks who may change it, and then for the
// access levels that are to go, before it saves anything. Without a licence it
// reads no levels of single accounts (lib/api/protected_branches.rb, 18.9; since
// 15.6).
func amend(c call) reply {
	switch {
	case c.r.PathValue("name") != Branch:
		return missing("Not found")
	case !c.protects(c.as):
		return forbidden()
	case !c.licensed():
		return ok(object{"name": Branch}) // nothing is left of the request
	case levelOf(c.body["allowed_to_push"], "_destroy") == true && levelOf(c.body["allowed_to_push"], "id") == nobody:
		return missing("Not found")
	}
	return effect(c)
}

// unprotect asks for admin_project, which no custom role gives
// (lib/api/branches.rb, 18.9).
func unprotect(c call) reply {
	switch {
	case !c.as.maintains():
		return forbidden()
	case c.r.PathValue("name") != Branch && c.r.PathValue("name") != AllowedBranch:
		return missing("Branch Not Found")
	}
	return effect(c)
}

// unprotectTag: destroy_protected_tags (13: admin_project), the tag, and the
// condition of the request (lib/api/protected_tags.rb, 18.9).
func unprotectTag(c call) reply {
	switch {
	case !c.as.maintains():
		return forbidden()
	case c.r.PathValue("name") != "v*":
		return missing("Not found")
	}
	return conditional(c)
}

// conditional deletes what was not changed since a moment
// (destroy_conditionally!, lib/api/helpers.rb): all that exists was.
func conditional(c call) reply {
	if c.r.Header.Get("If-Unmodified-Since") != "" {
		return say(http.StatusPreconditionFailed, "412 Precondition Failed")
	}
	return effect(c)
}

// protectEnvironment: the licence and the role in one 403, then whether there
// is one, which older versions say otherwise (ee/lib/api/protected_environments.rb,
// 15 to 18.9).
func protectEnvironment(c call) reply {
	exists := "Environment 'production' is already protected"
	if !c.since("16.2") {
		exists = "Protected environment 'production' already exists"
	}
	switch {
	case !c.licensed() || !c.as.maintains():
		return forbidden()
	case c.body["name"] == Environment:
		return say(http.StatusConflict, exists)
	case levelOf(c.body["deploy_access_levels"], "user_id") == nobody:
		return say(http.StatusUnprocessableEntity, []string{"Deploy access levels is too short (minimum is 1 character)"})
	}
	return effect(c)
}

func unprotectEnvironment(c call) reply {
	switch {
	case !c.licensed() || !c.as.maintains():
		return forbidden()
	case c.r.PathValue("name") != Environment:
		return missing("Not found")
	}
	return conditional(c)
}

// approvalRule: the licence, the role, the rule
// (ee/lib/api/project_approval_rules.rb, 15 and 18.9).
func approvalRule(c call) reply {
	switch {
	case !c.licensed() || !c.as.maintains():
		return forbidden()
	case c.r.PathValue("rule") != "1":
		return missing("Not found")
	}
	return effect(c)
}

// mergeRequestRule finds the merge request before it asks who may change its
// rules: where they can be changed at all, before 18.5 everybody who may update
// it, and since then a maintainer, or a developer who made it
// (ee/app/policies/ee/merge_request_policy.rb, 15 and 18.9).
func mergeRequestRule(c call) reply {
	if !c.licensed() {
		return noRoute()
	}
	mr := c.mergeRequest(c.r.PathValue("name"))
	if mr == nil {
		return missing("Not found")
	}
	may := c.as.develops()
	if c.since("18.5") {
		may = c.as.maintains() || c.as.develops() && c.as.username == mr.author
	}
	switch {
	case !may || !c.overriding():
		return forbidden()
	case c.r.PathValue("rule") != "1":
		return missing("Not found")
	}
	return effect(c)
}

// pushRule: admin_push_rules, then the licence, in the words of a route that is
// not there, then whether there is a set (ee/lib/api/project_push_rule.rb, 18.9).
func pushRule(c call) reply {
	switch {
	case !c.as.maintains():
		return forbidden()
	case !c.licensed():
		return missing("Not Found")
	}
	return reply{http.StatusUnprocessableEntity, object{"error": "Project push rule exists"}}
}

// noRoute answers for a route that the version or the edition does not have.
func noRoute() reply { return reply{http.StatusNotFound, object{"error": "404 Not Found"}} }

// updateUser is the administrators' (lib/api/users.rb).
func updateUser(c call) reply {
	switch {
	case !c.as.admin:
		return forbidden()
	case c.r.PathValue("name") == fmt.Sprintf("%.0f", nobody):
		return missing("User Not Found")
	}
	return effect(c)
}
