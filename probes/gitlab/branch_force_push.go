package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// BranchForcePush attempts to rewrite the protected branch.
func BranchForcePush() probes.Probe {
	return pushes(probes.Probe{
		ID:       "gitlab.branch.force-push",
		Title:    "Force push to the protected branch",
		Why:      "A developer who can force push rewrites what was reviewed, and takes the trace of it away.",
		Severity: probes.Critical, Fix: `Protect the branch, switch "Allowed to force push" off, and let nobody below Maintainer push.`,
		Attack:   "T1070",
		Controls: probes.ChangeControls(),
		Needs:    []probes.Need{ref("beside", "a branch of which the last two commits are not merged into the protected one", "feature")},
		Limits: []string{
			"GitLab refuses a force push to everybody, unless the protection allows it: then the positive arm is refused, too, and the outcome is Inconclusive.",
		},
	}, targets.PushForce, "refs/heads/{branch}", "refs/heads/{beside}")
}
