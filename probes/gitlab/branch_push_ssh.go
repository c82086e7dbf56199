package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// BranchPushSSH attempts to push to the protected branch over SSH.
func BranchPushSSH() probes.Probe {
	return pushes(probes.Probe{
		ID: "gitlab.branch.push-ssh", Title: "Push to the protected branch over SSH",
		Why:    "A developer who can push over SSH needs no other way in: a protection that holds over HTTPS alone protects nothing.",
		Attack: "T1195.002", Controls: probes.ChangeControls(),
		SSH:    true,
		Limits: []string{"Needs an sshKey of every identity, and the target's ssh block."},
	}, targets.PushUpdate, "refs/heads/{branch}", "")
}
