package gitlab

import (
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// says are a control's words on a push.
func says(layer targets.Layer, texts ...string) (list []marker) {
	for _, text := range texts {
		list = append(list, denies(layer, "", 0, text))
	}
	return list
}

// is are words that refuse nobody.
func is(class targets.Class, texts ...string) (list []marker) {
	for _, text := range texts {
		list = append(list, means(class, 0, text))
	}
	return list
}

// pushMarkers are the texts of GitLab's checks on a push, in a hook, over
// HTTP before it, or from gitlab-shell.
func pushMarkers() []marker {
	return slices.Concat(accessMarkers(), accountMarkers(), refMarkers(), ruleMarkers(), harnessMarkers(), closedMarkers(), outageMarkers())
}

// accessMarkers are what the project's own rights say.
func accessMarkers() []marker {
	return readIn("18.9, lib/gitlab/git_access.rb and lib/gitlab/checks/push_check.rb",
		says(targets.ProjectRole,
			"You are not allowed to push code to this project.",
			"You are not allowed to upload code for this project.",
			"This deploy key does not have write access to this project.",
		),
	)
}

// accountMarkers are what an account's state says. The REST API puts the
// status before them.
func accountMarkers() []marker {
	return slices.Concat(
		readIn("14 to 18.9, lib/gitlab/auth/user_access_denied_reason.rb",
			says(targets.AccountState,
				"Your account has been blocked.",
				"Your account is pending approval from your administrator and hence blocked.",
				"Your account has been deactivated by your administrator. Please log back in from a web browser to reactivate your account at …",
				"You (@…) must accept the Terms of Service in order to perform this action. …",
				"Your primary email address is not confirmed. Please check your inbox for the confirmation instructions. …",
				"Your password expired. Please access GitLab from a web browser to update your password.",
				"This action cannot be performed by internal users",
			),
		),
		readIn(
			"18.9, lib/gitlab/auth/user_access_denied_reason.rb",
			says(targets.AccountState, "Your request has been rejected for an unknown reason.…"),
		),
		readIn("18.9, ee/lib/ee/gitlab/git_access.rb", says(targets.AccountState, "SSH keys are disabled for this user.")),
	)
}

// refMarkers are what the protections of branches and tags say.
func refMarkers() []marker {
	return slices.Concat(
		readIn("14.8 to 18.9, lib/gitlab/checks/branch_check.rb",
			says(targets.BranchProtection,
				"You are not allowed to push code to protected branches on this project.",
				"You are not allowed to merge code into protected branches on this project.",
				"You are not allowed to force push code to a protected branch on this project.",
				"You are not allowed to create protected branches on this project.",
				"You are not allowed to delete protected branches from this project. Only a project maintainer or owner can delete a protected branch.",
			),
		),
		readIn("18.9, lib/gitlab/checks/tag_check.rb",
			says(targets.TagProtection,
				"You are not allowed to create this tag as it is protected.",
				"Protected tags cannot be updated.",
				"You are not allowed to delete protected tags from this project. Only a project maintainer or owner can delete a protected tag.",
			),
			says(targets.ProjectRole, "You are not allowed to change existing tags on this project."),
		),
		readIn("18.9, ee/lib/ee/gitlab/checks/security/policy_check.rb",
			says(targets.SecurityPolicy,
				"Push is blocked by settings overridden by a security policy",
				"Force push is blocked by settings overridden by a security policy",
			),
		),
		readIn(
			"18.9, ee/lib/ee/gitlab/checks/diff_check.rb",
			says(
				targets.MergeApproval,
				"Pushes to protected branches that contain changes to files that\nmatch patterns defined in `…` are disabled for…",
			),
		),
	)
}

// ruleMarkers are what push rules, locks and scanners say of what is pushed.
func ruleMarkers() []marker {
	rule := func(texts ...string) []marker { return says(targets.PushRule, texts...) }
	return slices.Concat(
		readIn("18.9, ee/lib/ee/gitlab/checks/push_rules/branch_check.rb", rule("Branch name '…' does not follow the pattern '…'")),
		readIn("18.9, ee/lib/ee/gitlab/checks/push_rules/tag_check.rb", rule("You cannot delete a tag")),
		readIn("18.9 and 19, ee/lib/ee/gitlab/checks/push_rules/commit_check.rb",
			rule("Commit message does not follow the pattern '…'"),
			rule("Commit message contains the forbidden pattern '…'"),
			rule("Committer's email '…' does not follow the pattern '…'"),
			rule("Author's email '…' does not follow the pattern '…'"),
			rule("Committer email '…' is not verified."),
			rule("You cannot push commits for '…'. You can only push commits if the committer email is one of your own verified emails."),
			rule("Your git author name is inconsistent with GitLab account name"),
			rule("Commit must be signed"),
			rule("Commit must be signed with a GPG key"),
			rule("Commit message must contain a DCO signoff"),
			rule("Author '…' is not a member of team"),
			rule("Committer '…' is not a member of team"),
		),
		readIn("older copies to 18.9, ee/lib/ee/gitlab/checks/diff_check.rb and push_rules/file_size_check.rb",
			rule("File name … was prohibited by the pattern \"…\"."),
			rule("File name … was blacklisted by the pattern …"),
			rule("File \"…\" is larger than the allowed size of …"),
			rule("You are attempting to check in one or more blobs which exceed the …"),
			rule("'…' is locked by @…"),
			rule("The path '…' is locked by …"),
		),
		readIn("older copies to 18.9, lib/gitlab/checks/diff_check.rb",
			rule("'…' is locked in Git LFS by @…"),
			rule("The path '…' is locked in Git LFS by …"),
		),
		readIn("18.9, ee/lib/gitlab/checks/integrations",
			rule("No Jira issue found in commit message"), rule("Jira issue … does not exist"),
			rule("Jira issue … is not assigned to you. …"), rule("Jira issue … has status '…"),
			rule("Commit is not signed with a GPG signature"), rule("Signature of the commit … is not verified"),
			rule("GPG Key used to sign commit … is not verified"),
			rule("…incident detected:…How to remediate:…"), rule("…incidents detected:…How to remediate:…"),
		),
		readIn("18.9, ee/lib/gitlab/checks/secret_push_protection/response_handler.rb",
			rule("PUSH BLOCKED: Secrets detected in code changes…"),
			rule("Secret detection scan completed with one or more findings but…"),
		),
	)
}

// harnessMarkers refuse our token, key or session, and not the account.
func harnessMarkers() []marker {
	return slices.Concat(
		readIn("15 to 18.9, lib/gitlab/git_access.rb",
			is(targets.HarnessDenied,
				"You are not allowed to upload code.", // the token lacks write_repository and api
				"Your SSH key ….",
				"Authentication by CI/CD job token not allowed from …",
				"Insufficient permissions to pull from the repository of project #…",
			)),
		readIn("18.9, ee/lib/ee/gitlab/git_access.rb and git_access_project.rb",
			is(targets.HarnessDenied,
				"Cannot find valid SSO session. Please login via your group's SSO at …", // after every other check
				"Project requires smartcard login. …",
				"OTP verification is required to access the repository.…",
				"You are not allowed to access projects in this namespace.", // SSH certificates
			)),
		readIn("18.9, app/services/authz/tokens/authorize_granular_scopes_service.rb",
			is(targets.HarnessDenied,
				"Access denied: Your Personal Access Token lacks the required permissions: …",
				"Granular tokens are not yet supported",
				"Unable to determine …",
			)),
	)
}

// closedMarkers are answers that everybody gets, or that those get who may do
// the same by another route: none of them speaks of separation.
func closedMarkers() []marker {
	return slices.Concat(
		readIn("15 to 18.9, lib/gitlab/git_access.rb and git_access_project.rb",
			is(targets.TargetMissing,
				"The project you were looking for could not be found or you don't have permission to view it.",
				"The namespace you were looking for could not be found.",
				"A repository for this project does not exist yet.",
				"Could not create project: …",
			),
			is(targets.Unsupported,
				"You can't push code to an archived project.",
				"Git access over HTTP is not allowed",
				"Git access over SSH is not allowed",
				"Pushing over HTTP is not allowed.",
				"The command you're trying to execute is not allowed.",
				"You can't push code to a read-only GitLab instance.",
				"Your current license does not have GitLab Geo add-on enabled.",
			)),
		readIn("14.8 to 18.9, lib/gitlab/checks/branch_check.rb and tag_check.rb",
			is(targets.Unsupported,
				"You can only create protected branches using the web interface and API.", // and so by the API
				"You can only delete protected branches using the web interface.",
				"You can only delete protected tags using the web interface.",
				// Asked after who may create one: the sentence is said to who may.
				"You can only use an existing protected branch ref as the basis of a new protected branch.",
				"The default branch of a project cannot be deleted.",
				"You cannot create a branch with a SHA-1 or SHA-256 branch name.",
				"You cannot create a branch with a 40-character hexadecimal branch name.",
				"You cannot create a branch with an invalid name.",
				"You cannot use default branch name to create a tag",
				"You cannot create a tag with a prohibited pattern.",
				"You cannot create a tag with a SHA-1 or SHA-256 tag name.",
				"Tag names must be valid when converted to UTF-8 encoding",
			)),
		readIn("18.9, lib/gitlab/checks and ee/lib/gitlab, *size_error_message",
			is(targets.Unsupported,
				"For signed Web commits, the commit must be equal to the author",
				"LFS objects are missing. …",
				"Regular expression '…' is invalid: …",
				"Your top-level group is over the user limit and has been placed in a read-only state.…",
				"Your push to this repository cannot be completed …",
				"Your push to this repository has been rejected because it would exceed the namespace storage limit of …",
				"##### ERROR ##### You have used …",
				"You have reached the free storage limit of …",
				"…This instance is now read-only…",
			)),
	)
}

// outageMarkers are GitLab's own failures, in the form in which it refuses
// (Gitaly's prereceive.go wraps them in the same words): read in Gitaly 16.7.0
// and 18.9.0, gitlab-sshd 14.45.3 and Workhorse 18.9.
func outageMarkers() []marker {
	return readIn("16.7 and 18.9, Gitaly, gitlab-shell and Workhorse",
		is(targets.Throttled,
			"This endpoint has been requested too many times. Try again later.",
			"Internal API error (429)",
			"GitLab is currently unable to handle this request due to load…",
			"…maximum time in concurrency queue reached…",
			"…maximum queue size reached…",
		),
		is(targets.ServerError,
			"The repository is temporarily read-only. Please try again later.",
			"Git push is not allowed because this GitLab instance is currently in (read-only) maintenance mode.",
			"Internal API unreachable",
			"Internal API error (…",
			"500 Internal Server Error",
			"401 Unauthorized", // Gitaly's own secret, and not the account
			"403 Forbidden",
			"/allowed endpoint respond with unsupported content type: …",
			"The git server, Gitaly, is not available at this time. Please contact your administrator.",
			"Push operation timed out…",
			"Failed to connect to Jira to verify issue …",
			"GitGuardian API error: …",
		))
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
