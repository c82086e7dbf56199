package aws

import (
	"context"
	"fmt"

	"github.com/sodprobe/sodprobe/targets"
)

// Diagnose checks, by reads alone, that the account is the approved one, that
// each identity can be taken on, and that the observers can read.
func (a *Account) Diagnose(ctx context.Context, in targets.Access) []targets.Finding {
	t := accountOf(a.cfg.Target)
	reach := "reach the account " + t.AccountID
	pin, err := a.Pin(ctx)
	switch {
	case err != nil:
		return []targets.Finding{
			{
				What:    reach,
				Problem: err.Error(),
				Mend:    "check the network, the prober's credentials, and that it may assume the observer's role (sodprobe setup aws)",
			},
		}
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
	s, err := a.assume(ctx, id)
	if err != nil {
		return []targets.Finding{{What: what, Problem: err.Error(), Mend: "add an aws block to the identity"}}
	}
	check := s.Whoami(ctx)
	if check.Proof != targets.Proven {
		return []targets.Finding{{What: what, Problem: check.Problem, Mend: "sodprobe setup aws prints what each role has to trust"}}
	}
	return []targets.Finding{{OK: true, What: id.ID + " acts as " + check.Subject.Name}}
}

// observer reads all state that the scenario needs.
func (a *Account) observer(ctx context.Context, id targets.Identity, reads []targets.StateQuery) []targets.Finding {
	s, err := a.assume(ctx, id)
	if err != nil {
		return nil // noted with the identities
	}
	var out []targets.Finding
	for _, q := range reads {
		read := s.Read(ctx, q)
		if f := q.Look(id.ID, read.Read, read.Exists, read.Problem, "give its role what sodprobe setup aws prints"); !f.OK {
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		out = append(out, targets.Finding{OK: true, What: fmt.Sprintf("%s reads all state (%d reads)", id.ID, len(reads))})
	}
	return out
}
