package aws

import (
	"fmt"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/document"
)

// Pinned holds the recorded answers of Pin against the target: the account that
// the observer is in, and who the prober is. Pure.
func Pinned(t targets.Target, pin targets.Pin) error {
	if len(pin.Exchanges) < 2 || accountOf(t) == nil {
		return fmt.Errorf("it says that %s is the approved account, and does not have the answers that show it", t.ID)
	}
	const at = "/GetCallerIdentityResult/"
	first, last := pin.Exchanges[0], pin.Exchanges[len(pin.Exchanges)-1]
	if account := document.Text(last.Body, at+"Account"); account != accountOf(t).AccountID {
		return fmt.Errorf("the account is %q, the scenario pins %q", account, accountOf(t).AccountID)
	}
	if who := document.Text(first.Body, at+"Arn"); who != pin.Harness {
		return fmt.Errorf("it says that the prober is %q, AWS said %q", pin.Harness, who)
	}
	return nil
}
