package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// BranchPush attempts to push to the protected branch over HTTPS.
func BranchPush() probes.Probe {
	return pushes(probes.Probe{
		ID: "gitlab.branch.push", Title: "Push to the protected branch",
		Why:      "A developer who can push to the branch that production is built from changes it without anybody's review.",
		Severity: probes.Critical, Fix: `Protect the branch, and set "Allowed to push and merge" to no one or to the release accounts.`,
		Attack: "T1195.002", Controls: probes.ChangeControls(),
	}, targets.PushUpdate, "refs/heads/{branch}", "")
}
