package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// EnvironmentProtect attempts to write the protection of the environment
// anew. It is protected already, and nobody who exists
// would be let in, so GitLab cannot.
func EnvironmentProtect() probes.Probe {
	return writes(probes.Probe{
		ID:       "gitlab.environment.protect",
		Title:    "Write the protection of the environment anew",
		Why:      "A developer who can write an environment's protection lets themselves deploy.",
		Severity: probes.Critical, Fix: "Give developers the role Developer at most: only Maintainers may protect environments.",
		Attack:   "T1562.001",
		Controls: probes.PrivilegeControls(),
		Expect:   []targets.Layer{targets.ProjectRole},
		Baseline: standing(),
		Requires: targets.Requirements{gitlab.Edition("Premium")},
	}, write{
		route: "POST /projects/:id/protected_environments", path: "protected_environments", resource: "environment protection",
		body: func(place targets.Place, _ probes.Params) object {
			return object{"name": place.Values["environment"], "deploy_access_levels": []object{{"user_id": nobody}}}
		},
		pin:     map[string]string{"/name": "{environment}", "/deploy_access_levels/0/user_id": gitlab.NoID},
		shown:   true,
		prepare: gitlab.Exists("protected_environments/{environment_in_path}", "/name"),
		reached: []string{"text:Environment '{environment}' is already protected", "text:Protected environment '{environment}' already exists"},
		state: func(place targets.Place, _ probes.Params) []targets.StateQuery {
			return []targets.StateQuery{
				reads(place, "protected_environments/"+place.Values["environment_in_path"], true, "/name", "/deploy_access_levels", "/approval_rules"),
			}
		},
	})
}
