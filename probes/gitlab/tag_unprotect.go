package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// TagUnprotect attempts to take a tag's protection away. There is none of that
// name, nor one that was last changed so long ago.
func TagUnprotect() probes.Probe {
	return writes(probes.Probe{
		ID: "gitlab.tag.unprotect", Title: "Take the protection of a tag away",
		Why:      "A developer who can take a tag's protection away releases what they like.",
		Severity: probes.Critical, Fix: "Give developers the role Developer at most: only Maintainers may remove protections.",
		Attack: "T1562.001", Controls: probes.PrivilegeControls(), Expect: []targets.Layer{targets.ProjectRole}, Baseline: standing(),
	}, write{
		route: "DELETE /projects/:id/protected_tags/:name", path: "protected_tags/{arm}", resource: "tag protection",
		header:  map[string]string{"If-Unmodified-Since": gitlab.LongAgo},
		real:    "the protected tags",
		reached: []string{"text:404 Not found"},
		state:   inTheProject("protected_tags", "/*/name", "/*/create_access_levels"),
	})
}
