package gitlab

import (
	"io"

	"github.com/sodprobe/sodprobe/targets"
)

// System is all that the rest of the program knows of GitLab.
func System() targets.System {
	return targets.System{
		Name: targets.GitLab, Title: "GitLab",
		Classify: Classify, Oracle: Oracle(), Pinned: Pinned,
		Setup: targets.Setup{
			Short: "Print the accounts, roles and tokens that a scenario needs, to review and make",
			Write: func(w io.Writer, in targets.Access, _ map[string]string) error { return Setup(w, in) },
		},
	}
}
