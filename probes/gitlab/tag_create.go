package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// TagCreate attempts to create a tag under a protection.
func TagCreate() probes.Probe {
	return pushes(probes.Probe{
		ID: "gitlab.tag.create", Title: "Create a protected tag",
		Why:      "A developer who can create a protected tag releases, where releases follow from tags.",
		Severity: probes.High, Fix: "Protect the tags that deploy, and let nobody below Maintainer create them.",
		Attack: "T1195.002", Controls: probes.ChangeControls(), Expect: []targets.Layer{targets.TagProtection},
		Needs: []probes.Need{elsewhere(ref("tag", "a tag that exists and is protected; under permitted, one that is not", "v1.0.0"), "dev-1")},
		State: func(place targets.Place, params probes.Params) []targets.StateQuery {
			return []targets.StateQuery{reads(place, "repository/tags/"+targets.InPath(params.With["tag"]), true, "/name", "/target", "/protected")}
		},
	}, targets.PushCreate, "refs/tags/{tag}", "")
}
