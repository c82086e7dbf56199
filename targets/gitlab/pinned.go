package gitlab

import (
	"fmt"
	"strconv"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// Pinned holds the recorded answers of Pin against the target: the project that
// the number leads to. Pure.
func Pinned(t targets.Target, pin targets.Pin) error {
	if len(pin.Exchanges) < 2 || t.GitLab == nil {
		return fmt.Errorf("it says that %s is the approved project, and does not have the answers that show it", t.ID)
	}
	last := pin.Exchanges[len(pin.Exchanges)-1]
	id, path := guard.Text(last.Body, "/id"), guard.Text(last.Body, "/path_with_namespace")
	if id != strconv.FormatInt(t.GitLab.ProjectID, 10) || path != t.GitLab.Project {
		return fmt.Errorf("the project is %s (%s), the scenario pins %s (%d)", path, id, t.GitLab.Project, t.GitLab.ProjectID)
	}
	return nil
}
