package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// BranchCreate attempts to create a branch under a protection.
func BranchCreate() probes.Probe {
	return pushes(probes.Probe{
		ID: "gitlab.branch.create", Title: "Create a branch under a protection",
		Why:      "A developer who can create a branch under a protection deploys, where deployments follow from branches by name.",
		Severity: probes.High, Fix: "Protect the pattern that production branches match, and let nobody below Maintainer push or merge there.",
		Attack: "T1195.002", Controls: probes.ChangeControls(),
		Limits: []string{"The branch exists already, so that it cannot be created: GitLab decides before git notices."},
	}, targets.PushCreate, "refs/heads/{branch}", "")
}
