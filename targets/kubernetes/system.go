package kubernetes

import (
	"io"

	"github.com/sodprobe/sodprobe/targets"
)

// System is all that the rest of the program knows of Kubernetes.
func System() targets.System {
	return targets.System{
		Name: targets.Kubernetes, Title: "Kubernetes",
		Classify: Classify, Oracle: Oracle(), Pinned: Pinned, ActedAs: ActedAs,
		Setup: targets.Setup{
			Short: "Print the RBAC for the prober and the observer, to review and apply",
			Options: []targets.Option{
				{Name: "prober", Default: "sodprobe", Usage: "the user that the prober's context authenticates as"},
				{
					Name: "legacy-impersonation", Default: "false", Switch: true,
					Usage: "for servers without constrained impersonation (before Kubernetes 1.36)",
				},
			},
			Write: func(w io.Writer, in targets.Access, o map[string]string) error {
				return Setup(w, SetupInput{Access: in, Prober: o["prober"], Constrained: o["legacy-impersonation"] != "true"})
			},
		},
	}
}
