package aws

import (
	"context"
	"fmt"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// Diagnose checks, by reads alone, that the account is the approved one, that
// each identity can be taken on, and that the observers can read.
func (a *Account) Diagnose(ctx context.Context, in targets.Access) []targets.Finding {
	t := a.cfg.Target.AWS
	reach := "reach the account " + t.AccountID
	pin, err := a.Pin(ctx)
	switch {
	case err != nil:
		return []targets.Finding{{What: reach, Problem: err.Error(), Mend: "check the network, the prober's credentials, and that it may assume the observer's role (sodprobe setup aws)"}}
	case !pin.OK:
		return []targets.Finding{{What: reach, Problem: pin.Problem, Mend: "point the scenario at the approved account, or approve this one"}}
	}
	out := []targets.Finding{{OK: true, What: fmt.Sprintf("the account %s is the approved one; the prober is %s", t.AccountID, pin.Harness)}}
	for _, id := range in.People {
		out = append(out, a.identity(ctx, id)...)
	}
	for _, id := range in.Observers {
		out = append(out, a.observer(ctx, id, in.Reads)...)
	}
	return out
}

// identity takes somebody on.
func (a *Account) identity(ctx context.Context, id targets.Identity) []targets.Finding {
	what := "act as " + id.ID
	s, err := a.Assume(ctx, id)
	if err != nil {
		return []targets.Finding{{What: what, Problem: err.Error(), Mend: "add an aws block to the identity"}}
	}
	check := s.Whoami(ctx)
	if check.Proof != probes.Proven {
		return []targets.Finding{{What: what, Problem: check.Problem, Mend: "sodprobe setup aws prints what each role has to trust"}}
	}
	out := []targets.Finding{{OK: true, What: id.ID + " acts as " + check.Subject.Name}}
	if id.AWS.Role() == "" && id.Role == targets.Developer {
		out = append(out, targets.Finding{
			What: id.ID + " is a profile", Problem: "no session policy can be passed with it, so that nothing is ever more than Inconclusive",
			Mend: "use a role with the same policies that trusts the prober, and mark the identity as persona",
		})
	}
	return out
}

// observer reads all state that the scenario needs.
func (a *Account) observer(ctx context.Context, id targets.Identity, reads []targets.Request) []targets.Finding {
	s, err := a.Assume(ctx, id)
	if err != nil {
		return nil // noted with the identities
	}
	var out []targets.Finding
	for _, r := range reads {
		if read := s.Read(ctx, targets.StateQuery{Request: r}); !read.Read {
			out = append(out, targets.Finding{What: fmt.Sprintf("%s reads by %s", id.ID, r.Action), Problem: read.Problem, Mend: "give its role what sodprobe setup aws prints"})
		}
	}
	if len(out) == 0 {
		out = append(out, targets.Finding{OK: true, What: fmt.Sprintf("%s reads all state (%d reads)", id.ID, len(reads))})
	}
	return out
}
