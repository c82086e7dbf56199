package aws

import (
	"io"

	"github.com/sodprobe/sodprobe/targets"
)

// System is all that the rest of the program knows of AWS.
func System() targets.System {
	return targets.System{
		Name: targets.AWS, Title: "AWS",
		Classify: Classify, Oracle: Oracle(), Pinned: Pinned,
		Setup: targets.Setup{
			Short: "Print the policies of the prober, the roles and the observer, to review and apply",
			Write: func(w io.Writer, in targets.Access, _ map[string]string) error { return Setup(w, in) },
		},
	}
}
