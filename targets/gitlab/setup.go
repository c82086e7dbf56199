package gitlab

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// Setup writes what the accounts of a scenario need, to review and make. GitLab
// has no rights smaller than a role, so the list is short. No account needs
// more than a project's Maintainer, and none an administrator's, unless the
// scenario attempts what only one may.
func Setup(w io.Writer, in targets.Access) error {
	t := projectOf(in.Target)
	var b strings.Builder
	fmt.Fprintf(&b, "# What sodprobe needs in the project %s (%d) of %s.\n", t.Project, t.ProjectID, t.URL)
	b.WriteString(
		"# Use accounts made for it, with the roles that people have: what they attempt stands in\n# their activity. Give each token the scope below and no longer life than the window.\n\n",
	)
	for _, id := range in.People {
		fmt.Fprintf(&b, "- account %q (%s): %s\n", on(id).Username, id.ID, roleOf(id.Role))
		kind := "personal access token"
		if on(id).ImpersonationToken != nil {
			kind = "impersonation token, made by an administrator,"
		}
		fmt.Fprintf(&b, "    %s with the scope %s, in %s\n", kind, scopeOf(id.Role), on(id).Bearer())
		if on(id).SSHKey != nil {
			fmt.Fprintf(&b, "    its public SSH key, whose private half is in %s\n", on(id).SSHKey)
		}
	}
	fmt.Fprintf(&b, "\n- branch %q: protected; %q: not protected, with at least 3 commits\n", t.Branch, t.AllowedBranch)
	tiers := in.Requiring(NeedsEdition)
	for _, tier := range slices.Sorted(maps.Keys(tiers)) {
		fmt.Fprintf(
			&b,
			"\n# These routes can be protected with GitLab %s only. On an edition without it they stay open\n# by design: sodprobe calls them Inconclusive, never Blocked.\n",
			tier,
		)
		for _, probe := range tiers[tier] {
			fmt.Fprintf(&b, "- %s\n", probe)
		}
	}
	b.WriteString(owners)
	_, err := io.WriteString(w, b.String())
	return err
}

// owners is what an instance's owner should know first
// (docs.gitlab.com/rate_limits/abuse_bans).
const owners = `
# Tell the instance's owner first; for gitlab.com and Dedicated that is GitLab, whose terms and rate
# limits hold. What is attempted stands in the accounts' activity and in the instance's logs.
# Where it is switched on, 30 failed logins to git or the registry within 3 minutes ban the address
# for an hour, for everybody behind it: let doctor check the tokens before a run.
`

func roleOf(r targets.Role) string {
	switch r {
	case targets.Developer:
		return "a member with the role of the people whom it stands for, usually Developer"
	case targets.Authorized:
		return "a member who may do what is attempted, usually Maintainer"
	case targets.Unprivileged:
		return "a member with the role Reporter: one who is none gets 404, which proves nothing"
	case targets.Observer:
		return "a member who may read what is attempted, usually Maintainer; it writes nothing"
	}
	return "unknown"
}

func scopeOf(r targets.Role) string {
	if r == targets.Observer {
		return "read_api"
	}
	return "api"
}
