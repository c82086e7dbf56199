package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// CommitCreate attempts to commit to the protected branch through the API. The
// commit would start at one that exists nowhere.
func CommitCreate() probes.Probe {
	return writes(probes.Probe{
		ID: "gitlab.commit.create", Title: "Commit to the protected branch through the API",
		Why:      "A developer who can commit through the API or the web editor changes production without git, and without review.",
		Severity: probes.Critical, Fix: `Protect the branch, and set "Allowed to push and merge" to no one or to the release accounts.`,
		Attack: "T1195.002", Controls: probes.ChangeControls(), Expect: []targets.Layer{targets.BranchProtection},
	}, write{
		route:    "POST /projects/:id/repository/commits",
		path:     "repository/commits",
		resource: "commit", name: "{branch}",
		body: func(place targets.Place, params probes.Params) object {
			return object{
				"branch": place.Values["branch"], "start_sha": gitlab.Nowhere, "commit_message": params.Arm,
				"actions": []object{{"action": "create", "file_path": "." + params.Arm, "content": "x"}},
			}
		},
		pin: map[string]string{"/branch": "{branch}", "/start_sha": gitlab.Nowhere, "/commit_message": "{arm}"},
		reached: []string{
			"text:A branch called '{branch}' already exists. Switch to that branch in order to make changes",
			"text:Cannot find start_sha '" + gitlab.Nowhere + "'",
		},
		state: onTheBranch,
	})
}
