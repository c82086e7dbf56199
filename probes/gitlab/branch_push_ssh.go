package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// BranchPushSSH attempts to push to the protected branch over SSH.
func BranchPushSSH() probes.Probe {
	return pushes(probes.Probe{
		ID: "gitlab.branch.push-ssh", Title: "Push to the protected branch over SSH",
		Why:      "A developer who can push over SSH needs no other way in: a protection that holds over HTTPS alone protects nothing.",
		Severity: probes.Critical, Fix: `Protect the branch, and set "Allowed to push and merge" to no one or to the release accounts; deploy keys count, too.`,
		Attack: "T1195.002", Controls: probes.ChangeControls(),
		Requires: targets.Requirements{gitlab.OverSSH()},
	}, targets.PushUpdate, "refs/heads/{branch}", "")
}
