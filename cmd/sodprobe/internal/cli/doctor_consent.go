package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/run"
	"github.com/sodprobe/sodprobe/targets"
)

// consented reports why doctor may not ask anything yet, nil where it may: an author
// signed the scenario under the pinned root, or the user saw what will be asked, and
// with which secrets, and said yes.
func (a *app) consented(d *run.Document, o doctorOptions) error {
	signed := a.authored(d, o.documentFlags)
	switch {
	case signed == nil:
		return nil
	case o.yes:
		return refusedf("--yes needs an author's signature: %w", signed)
	}
	list, err := a.wouldUse(d.Scenario, a.machine(o.connectFlags, d))
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(a.stderr, "No author's signature holds (%v).\ndoctor reads only, and it would ask these hosts with these secrets:\n", signed)
	for _, line := range list {
		_, _ = fmt.Fprintf(a.stderr, "  %s\n", line)
	}
	if !a.confirm("Is that what you want? Type yes: ") {
		return refusedf("nothing was asked: sign as author first (sodprobe approve --role author), or say yes")
	}
	return nil
}

// authored verifies that an author signed the scenario, and that nobody withdrew it.
func (a *app) authored(d *run.Document, f documentFlags) error {
	if err := d.LoadTrust(f.trust, f.trustRoot); err != nil {
		return err
	}
	if d.Root == nil {
		return fmt.Errorf("no trust root is pinned: give --trust-root FILE, or install %s", run.PinnedRoot)
	}
	at := a.now().UTC()
	if _, err := d.Trust.VerifyRoot(d.Root, at); err != nil {
		return err
	}
	return approval.VerifyAuthor(approval.Request{
		Scenario: d.Data, Parsed: d.Scenario, Signatures: d.Signatures, Trust: d.Trust, At: at,
	})
}

// wouldUse lists every host that is asked, and every secret that is sent there.
func (a *app) wouldUse(s *scenarios.Scenario, from targets.Machine) ([]string, error) {
	var out []string
	for _, t := range s.Targets {
		system, known := a.systems.Find(t.System())
		if !known {
			return nil, fmt.Errorf("the target %s names no system", t.ID)
		}
		hosts, secrets, err := system.Uses(t, s.Identities, from)
		if err != nil {
			return nil, err
		}
		slices.Sort(secrets)
		out = append(out, fmt.Sprintf("%s: %s, with %s", t.ID, strings.Join(hosts, " and "), strings.Join(slices.Compact(secrets), "; ")))
	}
	return out, nil
}
