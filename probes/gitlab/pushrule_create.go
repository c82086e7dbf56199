package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// PushRuleCreate attempts to write the project's push rules anew. There is a
// set already, and its pattern is none, so GitLab cannot.
func PushRuleCreate() probes.Probe {
	return writes(probes.Probe{
		ID:       "gitlab.pushrule.create",
		Title:    "Write the project's push rules anew",
		Why:      "A developer who can write the push rules takes away what they check.",
		Severity: probes.High, Fix: "Give developers the role Developer at most: only Maintainers may write push rules.",
		Attack:   "T1562.001",
		Controls: probes.PrivilegeControls(),
		Expect:   []targets.Layer{targets.ProjectRole},
		Baseline: standing(),
		Requires: targets.Requirements{gitlab.Edition("Premium")},
	}, write{
		route: "POST /projects/:id/push_rule", path: "push_rule", resource: "push rule",
		body: func(targets.Place, probes.Params) object {
			return object{"deny_delete_tag": true, "branch_name_regex": gitlab.NoPattern}
		},
		pin:     map[string]string{"/deny_delete_tag": "true", "/branch_name_regex": gitlab.NoPattern},
		shown:   true,
		prepare: gitlab.Exists("push_rule", "/id"),
		reached: []string{"text:Project push rule exists"},
		state: func(place targets.Place, _ probes.Params) []targets.StateQuery {
			return []targets.StateQuery{
				reads(place, "push_rule", true, "/id", "/deny_delete_tag", "/commit_message_regex", "/branch_name_regex", "/prevent_secrets"),
			}
		},
	})
}
