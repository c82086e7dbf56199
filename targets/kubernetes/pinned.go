package kubernetes

import (
	"fmt"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/document"
)

// Pinned holds the recorded answers of Pin against the target: the cluster with
// the pinned uid, and who it said the prober is. Pure.
func Pinned(t targets.Target, pin targets.Pin) error {
	if len(pin.Exchanges) < 3 || clusterOf(t) == nil {
		return fmt.Errorf("it says that %s is the approved cluster, and does not have the answers that show it", t.ID)
	}
	first, last := pin.Exchanges[0], pin.Exchanges[len(pin.Exchanges)-1]
	uid := document.Text(first.Body, "/metadata/uid")
	if document.Text(first.Body, "/metadata/name") != "kube-system" || uid != clusterOf(t).UID {
		return fmt.Errorf("kube-system has the uid %q, the scenario pins %q", uid, clusterOf(t).UID)
	}
	if who := document.Text(last.Body, "/status/userInfo/username"); who != pin.Harness {
		return fmt.Errorf("it says that the prober is %q, the cluster said %q", pin.Harness, who)
	}
	return nil
}
