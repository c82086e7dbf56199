package gitlab

import (
	"regexp"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// RegistryPush asks the container registry for the right to push. The token
// that comes is dropped, and nothing is pushed.
func RegistryPush() probes.Probe {
	query := func(repository string) map[string]string {
		return map[string]string{"service": "container_registry", "scope": "repository:" + repository + ":push,pull"}
	}
	p := complete(probes.Probe{
		ID:       "gitlab.registry.push",
		Title:    "Push an image that production runs",
		Why:      "A developer who can push the image that production runs replaces it.",
		Severity: probes.High, Fix: "Let production pull from a registry that only the release pipeline may push to.",
		Attack:   "T1525",
		Controls: probes.ChangeControls(),
		Expect:   []targets.Layer{targets.ProjectRole},
		Needs: []probes.Need{
			{
				Name: "repository", Doc: "the path of a container repository of production's that exists; under permitted, one of the developers'",
				Example: "payments/api/production", Elsewhere: "payments/api/dev", Pattern: regexp.MustCompile(`^[a-z0-9]+([._/-][a-z0-9]+)*$`),
			},
			{
				Name:    "allow",
				Doc:     "the word push-token: an account that may push gets a token with which it could, for minutes, and none is asked for unless management says so",
				Example: "push-token",
				Pattern: regexp.MustCompile(`^push-token$`),
			},
		},
		Limits: []string{
			"GitLab issues a token that lives minutes (5, unless the instance says otherwise); it is dropped unread but for what it allows.",
		},
	}, probes.SelfDefeating)
	p.Allow = []targets.Rule{{Method: "GET", Path: "/jwt/auth", Query: query("{repository}"), Keep: []string{}, Prepare: gitlab.Repository()}}
	p.Reached = []string{"code:push"}
	p.Request = func(place targets.Place, params probes.Params) targets.Request {
		return targets.Request{
			Action: "GET /jwt/auth", Resource: "container repository", Name: params.With["repository"], Scope: place.Scope,
			Method: "GET", Path: "/jwt/auth", Query: query(params.With["repository"]),
		}
	}
	p.State = inTheProject("registry/repositories", "/*/id", "/*/path")
	return p
}
