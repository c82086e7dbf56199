package gitlab

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// projectReview is the one form of review: all that decides what an account
// may do in the project, as the observer reads it.
const projectReview = "project"

// rolesSince is the first version of which it is known that a membership shows
// its custom role (ee/lib/ee/api/entities/member.rb), and that a custom role can
// do what decides here (admin_protected_branch).
const rolesSince = "17.4"

// Oracle foresees what GitLab decides by the role in the project alone, and
// who may push by the branch's own rule. An edition that has custom roles lets
// no refusal be foreseen where a membership of the account cannot be read, or a
// group is invited whose members could hold one.
func Oracle() targets.Oracle {
	return targets.Oracle{
		Covers: []targets.Layer{targets.ProjectRole, targets.BranchProtection},
		Unseen: []string{
			"security policies, push rules, environments, approvals, limits of the instance",
			"protections by wildcard, and custom roles by groups that the observer does not see",
		},
		Reviews: func(a targets.Action) []targets.Review {
			return []targets.Review{{Kind: projectReview, Action: targets.Action{Scope: a.Scope}}}
		},
		Says: foresees,
	}
}

// maintainers are the routes that ask for admin_project, or for a permission
// that comes with the same role (docs.gitlab.com/user/permissions).
func maintainers() []string {
	return []string{
		"PUT /projects/:id/repository/branches/:branch/unprotect", "POST /projects/:id/protected_branches",
		"PATCH /projects/:id/protected_branches/:name", "DELETE /projects/:id/protected_tags/:name",
		"POST /projects/:id/protected_environments", "DELETE /projects/:id/protected_environments/:name",
		"PUT /projects/:id/approval_rules/:approval_rule_id", "POST /projects/:id/push_rule", "POST /projects/:id/members",
		"POST /projects/:id/deploy_keys", "POST /projects/:id/variables", "GET /projects/:id/variables/:key",
	}
}

// unprotecting are the routes that a branch's own list of who may unprotect it
// decides, where it has one (ee/app/policies/ee/protected_branch_policy.rb, 18.9).
func unprotecting() []string {
	return []string{
		"PUT /projects/:id/repository/branches/:branch/unprotect", "POST /projects/:id/protected_branches",
		"PATCH /projects/:id/protected_branches/:name",
	}
}

// The access levels (docs.gitlab.com/api/members).
const (
	developerLevel  = 30
	maintainerLevel = 40
)

// foresees reads the recorded review of an account.
func foresees(a targets.Action, r targets.Review, x targets.Exchange) targets.Opinion {
	s, known := standingOf(r.Action.Scope, x)
	if !known || r.Action.Scope != a.Scope {
		return targets.Unsure
	}
	switch {
	case a.Verb == "PUT /users/:id":
		return s.administers()
	case a.Verb == "PUT /projects/:id/merge_requests/:iid/approval_rules/:approval_rule_id":
		return s.overrides()
	case a.Verb == gitPush || a.Verb == "POST /projects/:id/repository/commits":
		return s.pushes(a)
	case slices.Contains(unprotecting(), a.Verb) && s.level >= maintainerLevel && (s.branch.Name == "" || len(s.branch.Unprotect) > 0):
		return targets.Unsure // the branch may name who may unprotect it, or does
	case slices.Contains(maintainers(), a.Verb):
		return s.byRole(maintainerLevel)
	}
	return targets.Unsure
}

// accessLevel is who a protection lets through.
type accessLevel struct {
	Level *int `json:"access_level"`
	User  *int `json:"user_id"`
	Group *int `json:"group_id"`
	Role  *int `json:"member_role_id"`
	Key   *int `json:"deploy_key_id"`
}

// standing is what a review shows of an account.
type standing struct {
	id, level int
	admin     *bool // nil where the observer does not see it
	// plain says that no custom role adds to the level.
	plain bool
	// fixed says whether approval rules can be changed per merge request.
	fixed  *bool
	branch struct {
		Name      string        `json:"name"`
		Push      []accessLevel `json:"push_access_levels"`
		Unprotect []accessLevel `json:"unprotect_access_levels"`
	}
}

// byRole is the opinion of what a role decides.
func (s standing) byRole(needed int) targets.Opinion {
	switch {
	case s.level >= needed || s.admin != nil && *s.admin:
		return targets.Allows
	case s.plain:
		return targets.Denies
	}
	return targets.Unsure
}

// administers is the opinion of what only administrators may do.
func (s standing) administers() targets.Opinion {
	switch {
	case s.admin == nil:
		return targets.Unsure
	case *s.admin:
		return targets.Allows
	}
	return targets.Denies
}

// overrides is the opinion of a change of one's own merge request's rules:
// where the project fixes them, nobody may, and else every developer
// (ee/app/policies/ee/merge_request_policy.rb, 18.9).
func (s standing) overrides() targets.Opinion {
	switch {
	case s.fixed == nil:
		return targets.Unsure
	case *s.fixed:
		return targets.Denies
	case s.level >= developerLevel:
		return targets.Allows
	}
	return targets.Unsure
}

// pushes is the opinion of a push to the branch that was read: its own rule may
// let the account in, and so may another that covers it, which was not read. Of a
// push by force it says nothing: that is refused before it is asked who pushes.
func (s standing) pushes(a targets.Action) targets.Opinion {
	name := strings.TrimPrefix(a.Resource, "refs/heads/")
	if a.Name != "" {
		name = a.Name
	}
	if s.branch.Name == "" || name != s.branch.Name { // a push by force bears the form as its name
		return targets.Unsure
	}
	for _, l := range s.branch.Push {
		switch {
		case l.User != nil && *l.User == s.id,
			l.User == nil && l.Group == nil && l.Role == nil && l.Key == nil && l.Level != nil && *l.Level >= developerLevel && *l.Level <= s.level:
			return targets.Allows
		}
	}
	return targets.Unsure
}

// Review reads, as the observer, what decides what the session's own account
// may do. Its exchange is the account's membership; what it takes to read that
// whole stands as its steps.
func (s *Session) Review(ctx context.Context, r targets.Review) targets.Exchange {
	p := s.project
	observer, err := p.reader(ctx)
	if err != nil {
		return *unfit("the observer cannot be assumed: %v", err)
	}
	who, body := s.get(ctx, api+"user", nil, "/id", "/username")
	var account struct {
		ID int `json:"id"`
	}
	if who.Status != http.StatusOK || json.Unmarshal(body, &account) != nil || account.ID == 0 {
		return who
	}
	member := func(below string) string { return fmt.Sprintf("%s/members/%d", below, account.ID) }
	role := []string{"/id", "/access_level", "/membership_state", "/member_role/id"}
	x, _ := observer.get(ctx, fmt.Sprintf("%smembers/all/%d", p.path(), account.ID), nil, role...)
	x.Steps = []targets.Exchange{who}
	read := func(path string, keep ...string) {
		step, _ := observer.get(ctx, path, nil, keep...)
		x.Steps = append(x.Steps, step)
	}
	project := strings.TrimSuffix(p.path(), "/")
	read(api+"metadata", "/version", "/enterprise")
	read(fmt.Sprintf("%susers/%d", api, account.ID), "/id", "/is_admin")
	read(project, "/id", "/namespace/kind", "/shared_with_groups")
	read(member(project), role...)
	for _, group := range ancestors(r.Action.Scope) {
		at := api + "groups/" + targets.InPath(group)
		read(at, "/full_path", "/shared_with_groups")
		read(member(at), role...)
	}
	rule := p.path() + "protected_branches/" + targets.InPath(projectOf(p.cfg.Target).Branch)
	read(rule, "/name", "/push_access_levels", "/unprotect_access_levels")
	read(p.path()+"approvals", "/disable_overriding_approvers_per_merge_request")
	return x
}

// ancestors are the groups above a project, by its path.
func ancestors(project string) []string {
	var out []string
	for i, c := range project {
		if c == '/' {
			out = append(out, project[:i])
		}
	}
	return out
}

// standingOf reads a review of a project, false where it does not tell the
// account's level.
func standingOf(project string, x targets.Exchange) (standing, bool) {
	s := standing{}
	steps := map[string]targets.Exchange{}
	for _, step := range append([]targets.Exchange{x}, x.Steps...) {
		if step.Sent == nil || step.Truncated || step.Cut > 0 {
			return s, false
		}
		u, err := url.Parse(step.Sent.URL)
		if err != nil {
			return s, false
		}
		steps[generic(strings.TrimPrefix(u.EscapedPath(), api))] = step
	}
	var member struct {
		ID    int  `json:"id"`
		Level *int `json:"access_level"`
	}
	if !decode(steps["user"], &member) {
		return s, false
	}
	s.id = member.ID
	const of = "projects/N"
	switch {
	case decode(steps[of+"/members/all/N"], &member) && member.Level != nil && member.ID == s.id:
		s.level = *member.Level
	case !notMember(steps[of+"/members/all/N"]):
		return s, false
	}
	var account struct {
		Admin *bool `json:"is_admin"`
	}
	if decode(steps["users/N"], &account) {
		s.admin = account.Admin
	}
	var approvals struct {
		Fixed *bool `json:"disable_overriding_approvers_per_merge_request"`
	}
	if decode(steps[of+"/approvals"], &approvals) {
		s.fixed = approvals.Fixed
	}
	for path, step := range steps {
		if strings.HasPrefix(path, of+"/protected_branches/") {
			_ = decode(step, &s.branch) // where it cannot be read, nothing is known of it
		}
	}
	s.plain = plain(project, steps)
	return s, true
}

// decode reads an answer that is a success.
func decode(x targets.Exchange, out any) bool {
	return x.Status == http.StatusOK && json.Unmarshal([]byte(x.Body), out) == nil
}

// notMember reports whether the server says that an account is no member, and
// not that the project or group is not there.
func notMember(x targets.Exchange) bool {
	e, ok := envelope(x)
	return ok && x.Status == http.StatusNotFound && e.code == "" && slices.Equal(e.texts, []string{"404 Not found"})
}

// plain reports whether no custom role can add to an account's level: the
// edition has none, or each membership was read and shows none.
func plain(project string, steps map[string]targets.Exchange) bool {
	var instance struct {
		Version    string `json:"version"`
		Enterprise *bool  `json:"enterprise"`
	}
	if !decode(steps["metadata"], &instance) || instance.Enterprise == nil {
		return false
	}
	if !*instance.Enterprise {
		return true
	}
	if !guard.AtLeast(instance.Version, rolesSince) {
		return false
	}
	const at = "projects/N"
	var above struct {
		Namespace struct {
			Kind string `json:"kind"`
		} `json:"namespace"`
	}
	memberships, shared := []string{at + "/members/all/N", at + "/members/N"}, []string{at}
	if !decode(steps[at], &above) || above.Namespace.Kind != "group" && above.Namespace.Kind != "user" {
		return false
	}
	if above.Namespace.Kind == "group" {
		for _, group := range ancestors(project) {
			path := generic("groups/" + targets.InPath(group))
			if !itself(group, steps[path]) {
				return false
			}
			memberships, shared = append(memberships, path+"/members/N"), append(shared, path)
		}
	}
	return !slices.ContainsFunc(memberships, func(path string) bool { return !roleless(steps[path]) }) &&
		!slices.ContainsFunc(shared, func(path string) bool { return !unshared(steps[path]) })
}

// roleless reports whether a membership is none, or one without a custom role.
func roleless(x targets.Exchange) bool {
	var member struct {
		State string `json:"membership_state"`
		Role  any    `json:"member_role"`
	}
	return notMember(x) || decode(x, &member) && member.State != "" && member.Role == nil
}

// unshared reports whether no group is invited.
func unshared(x targets.Exchange) bool {
	var group struct {
		Shared *[]any `json:"shared_with_groups"`
	}
	return decode(x, &group) && group.Shared != nil && len(*group.Shared) == 0
}

// itself reports whether an answer is of the group that was asked for by its path:
// one of digits alone leads to the group of that number (lib/api/helpers.rb, find_group).
func itself(group string, x targets.Exchange) bool {
	var found struct {
		Path string `json:"full_path"`
	}
	return decode(x, &found) && found.Path == group
}
