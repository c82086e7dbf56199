package gitlablab

import (
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// Posture is how well the project's duties are separated.
type Posture string

// The postures.
const (
	// Enforced is a project in which developers are developers.
	Enforced Posture = ""
	// Permissive is one in which they are maintainers, may push to every branch
	// and approve their own deployments.
	Permissive Posture = "permissive"
	// Scoped gives developers single rights: to merge into the protected branch,
	// but not to push to it, to create its tags, to approve deployments of others,
	// to push images that no rule protects; and where the edition has custom roles,
	// to change the protections of branches.
	Scoped Posture = "scoped"
)

// Edition is what the instance is licensed for.
type Edition string

// The editions. Free is the Community Edition.
const (
	Ultimate Edition = ""
	Premium  Edition = "premium"
	Free     Edition = "free"
)

// Latest is the version that an instance has where its Config names none.
const Latest = "18.9.0"

// Versions returns the versions whose order of checks the instance can follow.
func Versions() []string { return []string{"15.6.0", "16.3.0", "17.11.0", Latest} }

// Editions returns the editions, from the one that can least.
func Editions() []Edition { return []Edition{Free, Premium, Ultimate} }

// since reports whether the instance has a version, as in 17.11, or a later
// one.
func (g *GitLab) since(version string) bool {
	return semver.Compare("v"+g.cfg.Version, "v"+version+".0") >= 0
}

// licensed reports whether the edition has the Premium features.
func (g *GitLab) licensed() bool { return g.cfg.Edition != Free }

// customRoles reports whether a custom role counts, and has the permissions to
// change protected branches (17.4, docs.gitlab.com/user/custom_roles/abilities).
func (g *GitLab) customRoles() bool { return g.cfg.Edition == Ultimate && g.since("17.4") }

// The access levels (Gitlab::Access).
const (
	reporter   = 20
	developer  = 30
	maintainer = 40
)

// maintains reports whether an account has what comes with the Maintainer role
// (app/policies/project_policy.rb: admin_project and its like).
func (a *account) maintains() bool { return a.level >= maintainer || a.admin }

// develops reports whether an account has what comes with the Developer role:
// push_code, create_pipeline, admin_tag, read_deployment.
func (a *account) develops() bool { return a.level >= developer || a.admin }

// protects reports whether an account may change protected branches:
// admin_protected_branch, by its role or a custom one (ee/app/policies).
func (g *GitLab) protects(a *account) bool {
	return a.maintains() || g.customRoles() && slices.Contains(a.custom, "admin_protected_branch")
}

// levels are who a protection lets through.
func (g *GitLab) levels(what string) int {
	scoped := []string{"merge", "tag"}
	if g.cfg.Posture == Permissive || g.cfg.Posture == Scoped && slices.Contains(scoped, what) {
		return developer
	}
	return maintainer
}

// pushes reports whether an account may push to a branch, merges whether it may
// merge into one (lib/gitlab/user_access.rb).
func (g *GitLab) pushes(a *account, branch string) bool {
	return a.develops() && (branch != Branch || a.level >= g.levels("push"))
}

func (g *GitLab) merges(a *account, branch string) bool {
	return a.develops() && (branch != Branch || a.level >= g.levels("merge"))
}

// runs reports whether an account may run pipelines on a branch: who may push
// to it or merge into it (can_update_branch?, lib/gitlab/user_access.rb).
func (g *GitLab) runs(a *account, branch string) bool {
	return g.pushes(a, branch) || g.merges(a, branch)
}

// deploys reports whether an account may deploy to an environment: by its
// protection, which Free does not know, and by the branch that jobs run on
// (ee/app/policies/ee/ci/build_policy.rb).
func (g *GitLab) deploys(a *account) bool {
	return g.runs(a, Branch) && (!g.licensed() || a.level >= g.levels("deploy"))
}

// forcible reports whether the protected branch may be pushed to by force.
func (g *GitLab) forcible() bool { return g.cfg.Posture != Scoped }

// overriding reports whether approval rules can be changed per merge request.
func (g *GitLab) overriding() bool { return g.cfg.Posture != Enforced }

// refusals are what the hook says of a push by an account, by what it would do;
// "" lets it through (lib/gitlab/checks/branch_check.rb and tag_check.rb, 14.8
// to 19: the force first, whoever asks).
func (g *GitLab) refusals(a *account) map[string]string {
	const main = "protected branches on this project."
	said := map[string]string{}
	if !a.develops() {
		said["ANY"] = "You are not allowed to push code to this project."
	}
	if !g.forcible() {
		said["FORCE"] = "You are not allowed to force push code to a protected branch on this project."
	}
	if !g.pushes(a, Branch) {
		said["PUSH"] = "You are not allowed to push code to " + main
		said["CREATE"] = "You are not allowed to create " + main
		if g.merges(a, Branch) {
			said["CREATE"] = "You can only create protected branches using the web interface and API."
		}
	}
	if g.cfg.Policy && g.cfg.Edition == Ultimate && g.since("18.3") && g.pushes(a, Branch) {
		// After the protection (ee/lib/ee/gitlab/checks/branch_check.rb and
		// policy_bypass_checker.rb, 18.9): who may bypass it has to say why.
		said["PUSH"] = "Push is blocked by settings overridden by a security policy"
		if a.username == Release {
			said["PUSH"] = "Bypass reason is required when bypassing security policy restrictions"
		}
	}
	if a.level < g.levels("tag") {
		said["TAG"] = "You are not allowed to create this tag as it is protected."
	}
	return said
}

// hookEnvironment tells the hook what to say of a push.
func (g *GitLab) hookEnvironment(a *account) []string {
	var env []string
	for what, text := range g.refusals(a) {
		env = append(env, "LAB_"+what+"="+text)
	}
	if g.faultIs(FaultInternalAPI) {
		env = append(env, "LAB_HOOK_FAULT=Internal API unreachable")
	}
	slices.Sort(env)
	return env
}

// version is what the instance says of itself.
func (g *GitLab) version() string {
	if !g.licensed() {
		return g.cfg.Version
	}
	return strings.Join([]string{g.cfg.Version, "ee"}, "-")
}
