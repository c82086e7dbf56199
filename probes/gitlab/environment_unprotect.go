package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// EnvironmentUnprotect attempts to take an environment's protection away.
// There is none of that name, nor one that was last changed so long ago.
func EnvironmentUnprotect() probes.Probe {
	return writes(probes.Probe{
		ID:       "gitlab.environment.unprotect",
		Title:    "Take the protection of an environment away",
		Why:      "A developer who can take an environment's protection away deploys to it afterwards.",
		Severity: probes.Critical, Fix: "Give developers the role Developer at most: only Maintainers may remove the protection of environments.",
		Attack:   "T1562.001",
		Controls: probes.PrivilegeControls(),
		Expect:   []targets.Layer{targets.ProjectRole},
		Baseline: standing(),
		Requires: targets.Requirements{gitlab.Edition("Premium")},
	}, write{
		route: "DELETE /projects/:id/protected_environments/:name", path: "protected_environments/{arm}", resource: "environment protection",
		header:  map[string]string{"If-Unmodified-Since": gitlab.LongAgo},
		real:    "{environment}",
		reached: []string{"text:404 Not found"},
		state: func(place targets.Place, _ probes.Params) []targets.StateQuery {
			return []targets.StateQuery{theProject(place), listed(place, "protected_environments", nil, "/*/name", "/*/deploy_access_levels")}
		},
	})
}
