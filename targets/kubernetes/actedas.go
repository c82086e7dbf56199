package kubernetes

import (
	"fmt"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// ActedAs holds the headers of a recorded request against the identity that it was
// sent as: the user and the groups that it impersonates. Of a context of its own a
// record holds no credential, and so nothing to compare. Pure.
func ActedAs(id targets.Identity, sent targets.Sent) error {
	k := on(id)
	if k == nil || k.Context != "" {
		return nil
	}
	if user := sent.Headers["Impersonate-User"]; user != k.Principal() {
		return fmt.Errorf("it was sent as %q, and %s is %q", user, id.ID, k.Principal())
	}
	if k.Impersonate == nil {
		return nil
	}
	if groups, want := sent.Headers["Impersonate-Group"], strings.Join(k.Impersonate.Groups, ", "); groups != want {
		return fmt.Errorf("it was sent with the groups %q, and %s has %q", groups, id.ID, want)
	}
	return nil
}
