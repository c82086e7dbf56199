package gitlab

import (
	"regexp"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// The texts below are GitLab's own, of version 18.9 (lib/api,
// lib/gitlab/checks, app/policies; the Enterprise Edition's where marked EE).
// A denial counts only if its text is one of them. Other versions may word
// things differently: what is not listed is unknown.

// marker is one text and what it means.
type marker struct {
	// action is the route that the text belongs to; "" is any.
	action string
	// status is the HTTP status; 0 is any.
	status int
	// text is the exact text, or its beginning where it ends in "…".
	text  string
	class targets.Class
	layer targets.Layer
}

func (m marker) fits(action string, status int, text string) bool {
	if m.action != "" && m.action != action || m.status != 0 && m.status != status {
		return false
	}
	if prefix, open := strings.CutSuffix(m.text, "…"); open {
		return strings.HasPrefix(text, prefix)
	}
	return text == m.text
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

func denies(layer targets.Layer, action string, status int, text string) marker {
	return marker{action, status, text, targets.Denied, layer}
}

func means(class targets.Class, status int, text string) marker {
	return marker{"", status, text, class, ""}
}

// restMarkers are the texts of the REST API.
func restMarkers() []marker {
	const notAllowed = "You are not allowed to push into this branch"
	list := []marker{
		denies(targets.BranchProtection, "POST /projects/:x/repository/commits", 403, "403 Forbidden - "+notAllowed),
		denies(targets.BranchProtection, "PUT /projects/:x/merge_requests/:x/merge", 401, "401 Unauthorized"),
		denies(targets.PipelinePermission, "POST /projects/:x/pipeline", 400, "You do not have sufficient permission to run a pipeline on …"),
		denies(targets.PipelinePermission, "POST /projects/:x/pipeline", 400, "Insufficient permissions to create a new pipeline"),
		denies(targets.PipelinePermission, "POST /projects/:x/ci/lint", 200, "You do not have sufficient permission to run a pipeline on …"),
		denies(targets.PipelinePermission, "GET /projects/:x/ci/lint", 200, "You do not have sufficient permission to run a pipeline on …"),
		denies(targets.PipelinePermission, "POST /projects/:x/pipeline_schedules", 400, "The current user is not authorized to create the pipeline schedule"),
		denies(targets.EnvironmentProtection, "POST /projects/:x/deployments/:x/approval", 400, "You cannot approve your own deployment. This configuration can be adjusted in the protected environment settings."),
		denies(targets.EnvironmentProtection, "POST /projects/:x/deployments/:x/approval", 400, "You don't have permission to approve this deployment. Contact the project or group owner for help."),
		denies(targets.ProjectRole, "GET /jwt/auth", 403, "Pushing to protected repository path forbidden"),
		denies(targets.BranchProtection, "POST /projects/:x/repository/branches", 400, "You are not allowed to create protected branches on this project."),
		denies(targets.TagProtection, "POST /projects/:x/repository/tags", 400, "You are not allowed to create this tag as it is protected."),
		denies(targets.ProjectRole, "POST /projects/:x/access_tokens", 400, "400 Bad request - User does not have permission to create project access token"),
		denies(targets.AccountState, "", 403, "403 Forbidden - Your account has been blocked.…"),
		denies(targets.AccountState, "", 403, "403 Forbidden - Your account has been deactivated by your administrator…"),
		denies(targets.AccountState, "", 403, "403 Forbidden - You must accept the Terms of Service…"),
		denies(targets.AccountState, "", 403, "403 Forbidden - Your primary email address is not confirmed…"),
		denies(targets.AccountState, "", 403, "403 Forbidden - Your password expired…"),
		means(targets.HarnessDenied, 403, "403 Forbidden - Must be admin to use sudo"),
		means(targets.HarnessDenied, 403, "403 Forbidden - Must be authenticated using an OAuth or personal access token to use sudo"),
		means(targets.ServerError, 409, "409 Conflict: Resource lock"),
	}
	for action, layer := range plainlyForbidden() {
		list = append(list, denies(layer, action, 403, "403 Forbidden"))
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

// pushMarkers are the texts of GitLab's checks on a push, in a hook, over
// HTTP before it, or from gitlab-shell.
func pushMarkers() []marker {
	says := func(layer targets.Layer, text string) marker { return denies(layer, "", 0, text) }
	is := func(class targets.Class, text string) marker { return means(class, 0, text) }
	return []marker{
		says(targets.BranchProtection, "You are not allowed to push code to protected branches on this project."),
		says(targets.BranchProtection, "You are not allowed to merge code into protected branches on this project."),
		says(targets.BranchProtection, "You are not allowed to force push code to a protected branch on this project."),
		says(targets.BranchProtection, "You are not allowed to create protected branches on this project."),
		says(targets.BranchProtection, "You can only use an existing protected branch ref as the basis of a new protected branch."),
		says(targets.BranchProtection, "You are not allowed to delete protected branches from this project. Only a project maintainer or owner can delete a protected branch."),
		says(targets.TagProtection, "You are not allowed to create this tag as it is protected."),
		says(targets.TagProtection, "Protected tags cannot be updated."),
		says(targets.TagProtection, "You are not allowed to delete protected tags from this project. Only a project maintainer or owner can delete a protected tag."),
		says(targets.ProjectRole, "You are not allowed to push code to this project."),
		says(targets.ProjectRole, "You are not allowed to upload code for this project."),
		says(targets.ProjectRole, "You are not allowed to change existing tags on this project."),
		says(targets.ProjectRole, "This deploy key does not have write access to this project."),
		says(targets.SecurityPolicy, "Push is blocked by settings overridden by a security policy"), // EE
		says(targets.SecurityPolicy, "Force push is blocked by settings overridden by a security policy"),
		says(targets.MergeApproval, "Pushes to protected branches that contain changes to files that\nmatch patterns defined in `CODEOWNERS` are disabled for…"), // EE
		says(targets.PushRule, "Branch name '…"),                                                                                                                 // EE, as all push rules
		says(targets.PushRule, "Commit message does not follow the pattern '…"),
		says(targets.PushRule, "Committer email '…"),
		says(targets.PushRule, "You cannot push commits for '…"),
		says(targets.PushRule, "Commit must be signed with a GPG key"),
		says(targets.PushRule, "Commit message must contain a DCO signoff"),
		says(targets.PushRule, "You cannot delete a tag"),
		says(targets.AccountState, "Your account has been blocked.…"),
		says(targets.AccountState, "Your account has been deactivated by your administrator…"),
		says(targets.AccountState, "You must accept the Terms of Service…"),
		says(targets.AccountState, "Your primary email address is not confirmed…"),
		says(targets.AccountState, "Your password expired…"),
		is(targets.HarnessDenied, "You are not allowed to upload code."), // the token lacks write_repository and api
		is(targets.TargetMissing, "The project you were looking for could not be found or you don't have permission to view it."),
		is(targets.Unsupported, "You can't push code to an archived project."),
		is(targets.Unsupported, "Git access over HTTP is not allowed"),
		is(targets.Unsupported, "Pushing over HTTP is not allowed."),
		is(targets.ServerError, "The repository is temporarily read-only. Please try again later."),
		is(targets.ServerError, "Git push is not allowed because this GitLab instance is currently in (read-only) maintenance mode."),
		is(targets.ServerError, "Internal API unreachable"),
		is(targets.ServerError, "Internal API error (…"),
		is(targets.ServerError, "Push operation timed out…"),
		is(targets.Throttled, "This endpoint has been requested too many times. Try again later."),
	}
}

// lostRace reports whether git refused an update only because the ref was not
// where the push said: every hook before it let the push through. The words
// are git's (2.39.5; since 2.51 the second to fourth) and Gitaly's.
func lostRace(reason string) bool {
	switch reason {
	case "failed to update ref", "incorrect old value provided", "reference already exists", "reference does not exist",
		"reference does not point to expected object", "atomic transaction failed", "fetch first":
		return true
	}
	return strings.Contains(reason, "cannot lock ref") && strings.Contains(reason, "but expected")
}
