package gitlab

import (
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// standing is the baseline of probes that have no allowed place: a commit to
// the allowed branch that cannot be made. It shows that the account is one
// that GitLab lets work in the project.
func standing() probes.Baseline {
	p := CommitCreate()
	return probes.Baseline{Standing: &probes.Standing{
		ID: p.ID, Allow: p.Allow, Reached: p.Reached,
		Request: func(place targets.Place, params probes.Params) targets.Request { return p.Request(place, params) },
	}}
}
