package gitlab

import (
	"fmt"
	"strconv"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/document"
)

// Pinned holds the recorded answers of Pin against the target: the project that
// the number leads to. Pure.
func Pinned(t targets.Target, pin targets.Pin) error {
	if len(pin.Exchanges) < 2 || projectOf(t) == nil {
		return fmt.Errorf("it says that %s is the approved project, and does not have the answers that show it", t.ID)
	}
	last := pin.Exchanges[len(pin.Exchanges)-1]
	id, path := document.Text(last.Body, "/id"), document.Text(last.Body, "/path_with_namespace")
	if id != strconv.FormatInt(projectOf(t).ProjectID, 10) || path != projectOf(t).Project {
		return fmt.Errorf("the project is %s (%s), the scenario pins %s (%d)", path, id, projectOf(t).Project, projectOf(t).ProjectID)
	}
	return nil
}
