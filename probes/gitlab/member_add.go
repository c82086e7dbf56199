package gitlab

import (
	"strconv"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/gitlab"
)

// MemberAdd attempts to add a member at a level that does not exist, until a day
// that has passed.
func MemberAdd() probes.Probe {
	level := strconv.Itoa(gitlab.NoLevel)
	return writes(probes.Probe{
		ID:       "gitlab.member.add",
		Title:    "Add a member to the project",
		Why:      "A developer who can add members gives a second account the rights that they lack.",
		Severity: probes.Critical, Fix: "Give developers the role Developer at most, and lock the membership to the group: only Maintainers may add members.",
		Attack:   "T1098",
		Controls: probes.PrivilegeControls(),
		Expect:   []targets.Layer{targets.ProjectRole},
		Baseline: standing(),
		Needs: []probes.Need{
			number("user", "the id of a user who is no member of the project itself, and a member of a group above it who holds a seat", "1001"),
		},
	}, write{
		route: "POST /projects/:id/members", path: "members", resource: "member",
		body: func(_ targets.Place, params probes.Params) object {
			id, err := strconv.Atoi(params.With["user"])
			if err != nil {
				id = 0 // the need's pattern admits numbers only
			}
			return object{"user_id": id, "access_level": gitlab.NoLevel, "expires_at": gitlab.NoExpiry}
		},
		pin:     map[string]string{"/access_level": level, "/user_id": "{user}", "/expires_at": gitlab.NoExpiry},
		prepare: gitlab.Seated(),
		reached: []string{"text:access_level: is not included in the list"},
		state: func(place targets.Place, params probes.Params) []targets.StateQuery {
			return []targets.StateQuery{theProject(place), reads(place, "members/"+params.With["user"], false, "/id", "/access_level")}
		},
	})
}
