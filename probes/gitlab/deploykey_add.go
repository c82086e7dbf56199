package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// DeployKeyAdd attempts to add a deploy key that is no key, and that
// ended long ago.
func DeployKeyAdd() probes.Probe {
	return writes(probes.Probe{
		ID: "gitlab.deploykey.add", Title: "Add a deploy key that may push",
		Why:      "A developer who can add deploy keys pushes as a key that belongs to nobody.",
		Severity: probes.Critical, Fix: "Give developers the role Developer at most: only Maintainers may add deploy keys.",
		Attack: "T1098.004", Controls: probes.PrivilegeControls(), Expect: []targets.Layer{targets.ProjectRole}, Baseline: standing(),
	}, write{
		route:    "POST /projects/:id/deploy_keys",
		path:     "deploy_keys",
		resource: "deploy key",
		body: func(_ targets.Place, params probes.Params) object {
			return object{"title": params.Arm, "key": gitlab.NoKey, "can_push": true, "expires_at": gitlab.NoMoment}
		},
		pin: map[string]string{"/title": "{arm}", "/key": gitlab.NoKey, "/expires_at": gitlab.NoMoment},
		reached: []string{
			"text:key: is invalid",
			"text:key: type is forbidden…",
			"text:deploy_key.key: is invalid",
			"text:fingerprint_sha256: cannot be generated",
		},
		state: inTheProject("deploy_keys", "/*/id", "/*/title", "/*/can_push"),
	})
}
