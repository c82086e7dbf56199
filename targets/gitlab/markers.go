package gitlab

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// A denial counts only if its text is one of those below. GitLab words things
// differently from version to version: what is not listed is unknown.

// marker is one text of GitLab's and what it means.
type marker struct {
	// action is the route that the text belongs to; "" is any.
	action string
	// status is the HTTP status; 0 is any.
	status int
	// text is the whole text; each "…" in it is a part that varies.
	text  string
	class targets.Class
	layer targets.Layer
	// read is where the text was read: the versions, and the file in GitLab's
	// own source (ee/ is the Enterprise Edition's).
	read string
}

func (m marker) fits(action string, status int, text string) bool {
	return (m.action == "" || m.action == action) && (m.status == 0 || m.status == status) && spells(m.text, text)
}

// spells reports whether a text is the one that a pattern spells out, letter
// by letter. A "…" stands for a part that varies; only at either end may it be
// nothing.
func spells(pattern, text string) bool {
	parts := strings.Split(pattern, "…")
	text, found := strings.CutPrefix(text, parts[0])
	last := len(parts) - 1
	if last == 0 {
		return found && text == ""
	}
	for i, part := range parts[1:] {
		least := 1
		if i == 0 && parts[0] == "" || i == last-1 && part == "" {
			least = 0
		}
		switch {
		case !found || len(text) < least:
			return false
		case i == last-1:
			return strings.HasSuffix(text[least:], part)
		}
		_, text, found = strings.Cut(text[least:], part)
	}
	return false
}

// find returns the first marker that fits.
func find(list []marker, action string, status int, text string) (marker, bool) {
	for _, m := range list {
		if m.fits(action, status, text) {
			return m, true
		}
	}
	return marker{}, false
}

// route writes an action with :x for each of its parameters, whatever they
// are called, and without the API's own path.
func route(action string) string {
	method, path, found := strings.Cut(action, " ")
	if !found {
		return action
	}
	path = "/" + strings.TrimPrefix(strings.TrimPrefix(path, "/"), "api/v4/")
	return method + " " + regexp.MustCompile(`/(:[a-z_]+|[0-9]+)`).ReplaceAllString(path, "/:x")
}

// readIn says where markers were read.
func readIn(source string, lists ...[]marker) []marker {
	all := slices.Concat(lists...)
	for i := range all {
		all[i].read = source
	}
	return all
}

func denies(layer targets.Layer, action string, status int, text string) marker {
	return marker{action: action, status: status, text: text, class: targets.Denied, layer: layer}
}

func means(class targets.Class, status int, text string) marker {
	return marker{status: status, text: text, class: class}
}

// restMarkers are the texts of the REST API.
func restMarkers() []marker {
	const (
		pipeline = "POST /projects/:x/pipeline"
		lint     = "POST /projects/:x/ci/lint"
		approval = "POST /projects/:x/deployments/:x/approval"
		tooMany  = "Too many pipelines created in the last minute. Try again later."
		mayNot   = "You do not have sufficient permission to run a pipeline on '…'. Please select a different branch or contact your administrator for assistance.…"
	)
	one := func(layer targets.Layer, action string, status int, text string) []marker {
		return []marker{denies(layer, action, status, text)}
	}
	list := slices.Concat(
		readIn(
			"18.9, lib/api/commits.rb",
			one(
				targets.BranchProtection,
				"POST /projects/:x/repository/commits",
				403,
				"403 Forbidden - You are not allowed to push into this branch",
			),
		),
		readIn("18.9 and a transcript of an older one, app/services/commits/create_service.rb",
			one(targets.BranchProtection, "POST /projects/:x/repository/commits", 400, "You are not allowed to push into this branch")),
		readIn(
			"13 to 18.9, lib/api/merge_requests.rb",
			one(targets.BranchProtection, "PUT /projects/:x/merge_requests/:x/merge", 401, "401 Unauthorized"),
		),
		readIn("13 to 19, lib/gitlab/ci/pipeline/chain/validate/abilities.rb",
			one(targets.PipelinePermission, pipeline, 400, mayNot), one(targets.PipelinePermission, lint, 200, mayNot),
			one(targets.PipelinePermission, pipeline, 400, "Insufficient permissions to create a new pipeline"),
			one(targets.PipelinePermission, lint, 200, "Insufficient permissions to create a new pipeline"),
			one(targets.PipelinePermission, pipeline, 400, "Insufficient permissions for protected ref '…'"),
			one(targets.PipelinePermission, lint, 200, "Insufficient permissions for protected ref '…'")),
		readIn(
			"16.3 to 18.9, app/services/ci/pipeline_schedules/base_save_service.rb",
			one(
				targets.PipelinePermission,
				"POST /projects/:x/pipeline_schedules",
				400,
				"The current user is not authorized to create the pipeline schedule",
			),
		),
		readIn(
			"18.9, ee/app/services/deployments/approval_service.rb",
			one(
				targets.EnvironmentProtection,
				approval,
				400,
				"You cannot approve your own deployment. This configuration can be adjusted in the protected environment settings.",
			),
			one(
				targets.EnvironmentProtection,
				approval,
				400,
				"You don't have permission to approve this deployment. Contact the project or group owner for help.",
			),
		),
		readIn(
			"18.9, app/services/auth/container_registry_authentication_service.rb",
			one(
				targets.ProjectRole,
				"GET /jwt/auth",
				403,
				"Pushing to protected repository path forbidden",
			),
			one(targets.ProjectRole, "GET /jwt/auth", 403, "access forbidden"),
			[]marker{
				{action: "GET /jwt/auth", text: "Your action has been rejected because the namespace storage limit…", class: targets.Unsupported},
			},
		),
		readIn("18.9, lib/gitlab/ci/pipeline/chain/limit/rate_limit.rb", []marker{
			{action: pipeline, status: 400, text: tooMany, class: targets.Throttled},
			{action: lint, status: 200, text: tooMany, class: targets.Throttled},
		}),
		readIn(
			"18.9, lib/api/branches.rb",
			one(
				targets.BranchProtection,
				"POST /projects/:x/repository/branches",
				400,
				"You are not allowed to create protected branches on this project.",
			),
		),
		readIn(
			"18.9, lib/api/tags.rb",
			one(targets.TagProtection, "POST /projects/:x/repository/tags", 400, "You are not allowed to create this tag as it is protected."),
		),
		readIn(
			"18.9, app/services/resource_access_tokens/create_service.rb",
			one(
				targets.ProjectRole,
				"POST /projects/:x/access_tokens",
				400,
				"400 Bad request - User does not have permission to create project access token",
			),
		),
		readIn("18.9, lib/api/helpers.rb and api_guard.rb",
			[]marker{
				means(targets.HarnessDenied, 403, "403 Forbidden - Must be admin to use sudo"),
				means(targets.HarnessDenied, 403, "403 Forbidden - Must be authenticated using an OAuth or personal access token to use sudo"),
				means(targets.ServerError, 409, "409 Conflict: Resource lock"),
			}),
	)
	for _, m := range accountMarkers() {
		m.status, m.text = 403, "403 Forbidden - "+m.text
		list = append(list, m)
	}
	for action, layer := range plainlyForbidden() {
		m := denies(layer, action, 403, "403 Forbidden")
		m.read = "18.9, lib/api/helpers.rb, authorize!"
		list = append(list, m)
	}
	return list
}

// plainlyForbidden are the routes whose denial is the bare 403 Forbidden of
// authorize!, with the layer that speaks there. For a job GitLab's words do
// not tell a protected environment from a protected branch.
func plainlyForbidden() map[string]targets.Layer {
	return map[string]targets.Layer{
		"POST /projects/:x/jobs/:x/play":                          targets.EnvironmentProtection,
		"POST /projects/:x/jobs/:x/retry":                         targets.EnvironmentProtection,
		"POST /projects/:x/deployments/:x/approval":               targets.ProjectRole,
		"POST /projects/:x/deployments":                           targets.EnvironmentProtection,
		"POST /projects/:x/pipeline":                              targets.PipelinePermission,
		"POST /projects/:x/ci/lint":                               targets.PipelinePermission,
		"POST /projects/:x/pipeline_schedules":                    targets.PipelinePermission,
		"PUT /projects/:x/approval_rules/:x":                      targets.ProjectRole, // EE
		"PUT /projects/:x/merge_requests/:x/approval_rules/:x":    targets.ProjectRole, // EE
		"DELETE /projects/:x/merge_requests/:x/approval_rules/:x": targets.ProjectRole, // EE
		"POST /projects/:x/approvals":                             targets.ProjectRole, // EE
		"POST /projects/:x/protected_branches":                    targets.ProjectRole,
		"PATCH /projects/:x/protected_branches/:x":                targets.ProjectRole,
		"PUT /projects/:x/repository/branches/:x/unprotect":       targets.ProjectRole,
		"DELETE /projects/:x/protected_tags/:x":                   targets.ProjectRole,
		"POST /projects/:x/protected_environments":                targets.ProjectRole, // EE
		"DELETE /projects/:x/protected_environments/:x":           targets.ProjectRole, // EE
		"POST /projects/:x/push_rule":                             targets.ProjectRole, // EE
		"POST /projects/:x/members":                               targets.ProjectRole,
		"PUT /projects/:x/members/:x":                             targets.ProjectRole,
		"POST /projects/:x/deploy_keys":                           targets.ProjectRole,
		"GET /projects/:x/variables/:x":                           targets.ProjectRole,
		"POST /projects/:x/variables":                             targets.ProjectRole,
		"PUT /projects/:x":                                        targets.ProjectRole,
		"PUT /users/:x":                                           targets.ProjectRole,
		"POST /users/:x/impersonation_tokens":                     targets.ProjectRole,
	}
}
