package gitlab

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// Diagnose checks, by reads alone, that the project is the approved one, that
// every account works, that the observers can read, that each request is in a
// state in which it cannot take effect, and what the instance's edition cannot
// protect at all.
func (p *Project) Diagnose(ctx context.Context, in targets.Access) []targets.Finding {
	pin, err := p.Pin(ctx)
	switch {
	case err != nil:
		return []targets.Finding{
			{What: "reach " + p.base, Problem: err.Error(), Mend: "check the network, the observer's token, and that it may read the project"},
		}
	case !pin.OK:
		return []targets.Finding{
			{What: "reach " + p.base, Problem: pin.Problem, Mend: "point the scenario at the approved project, or approve this one"},
		}
	}
	d := &doctor{project: p}
	d.ok("the project %s of %s (GitLab %s, %s) is the approved one", projectOf(p.cfg.Target).Project, p.base, pin.Version, pin.Edition)
	d.versions(pin.Version, in.Requiring(NeedsVersion))
	for _, id := range in.People {
		d.account(ctx, id)
	}
	d.observers(ctx, in)
	d.attempts(ctx, in)
	d.protection(ctx, in)
	return d.findings
}

type doctor struct {
	project  *Project
	findings []targets.Finding
}

func (d *doctor) ok(format string, args ...any) {
	d.findings = append(d.findings, targets.Finding{OK: true, What: fmt.Sprintf(format, args...)})
}

func (d *doctor) bad(what, problem, mend string) {
	d.findings = append(d.findings, targets.Finding{What: what, Problem: problem, Mend: mend})
}

// versions says which routes the instance's version costs.
func (d *doctor) versions(have string, since map[string][]string) {
	for _, version := range slices.Sorted(maps.Keys(since)) {
		if !guard.AtLeast(have, version) {
			d.bad(
				"what needs GitLab "+version,
				fmt.Sprintf("the instance has %s, whose answers would prove nothing, so nothing is sent: %s", have, strings.Join(since[version], ", ")),
				"upgrade, or leave these attempts out: each comes to unsupported",
			)
		}
	}
}

// account takes an identity on.
func (d *doctor) account(ctx context.Context, id targets.Identity) {
	s, err := d.project.assume(ctx, id)
	if err != nil {
		d.bad("act as "+id.ID, err.Error(), "put the secret where the scenario says")
		return
	}
	check := s.Whoami(ctx)
	if check.Proof != targets.Proven {
		d.bad("act as "+id.ID, check.Problem, "sodprobe setup gitlab prints what each account needs")
		return
	}
	d.ok("%s acts as %s (%s)", id.ID, check.Subject.Name, strings.Join(check.Subject.Groups, ", "))
}

// observers read all state that the scenario needs.
func (d *doctor) observers(ctx context.Context, in targets.Access) {
	for _, id := range in.Observers {
		s, err := d.project.assume(ctx, id)
		if err != nil {
			continue // noted with the accounts
		}
		bad := 0
		for _, q := range in.Reads {
			read := s.Read(ctx, q)
			if f := q.Look(id.ID, read.Read, read.Exists, read.Problem, "give it a role that may read this"); !f.OK {
				bad++
				d.findings = append(d.findings, f)
			}
		}
		if bad == 0 {
			d.ok("%s reads all %d objects", id.ID, len(in.Reads))
		}
	}
}

// attempts reads what the safety of each request depends on, and sends none.
func (d *doctor) attempts(ctx context.Context, in targets.Access) {
	bad := 0
	note := func(what string, stop *targets.Exchange) {
		if stop != nil {
			bad++
			d.bad("attempt "+what, stop.Unfit, "name something else in the scenario, or leave the attempt out")
		}
	}
	for _, rule := range in.Prepared {
		_, stop := d.project.prepare(ctx, &guard.Lease{Rules: []targets.Rule{rule}})
		note(rule.Method+" "+rule.Path, stop)
	}
	for _, r := range slices.Concat(in.Attempts, in.Baselines) {
		if r.Push != nil {
			_, _, stop := d.project.history(ctx, *r.Push)
			note(r.Action+" "+r.Push.Ref, stop)
		}
	}
	if bad == 0 {
		d.ok("none of the %d requests can take effect", len(in.Attempts)+len(in.Baselines))
	}
}

// protection says what stands open by design.
func (d *doctor) protection(ctx context.Context, in targets.Access) {
	s, err := d.project.reader(ctx)
	if err != nil {
		return
	}
	t := projectOf(d.project.cfg.Target)
	x, _ := s.get(ctx, d.project.path()+"protected_branches/"+targets.InPath(t.Branch), nil, "/name")
	if x.Status == http.StatusOK {
		d.ok("the branch %s is protected", t.Branch)
	} else {
		d.bad("the protection of "+t.Branch, "no rule of that name can be read: "+Classify(targets.Case{Exchange: x}).Reason,
			"protect the branch; a wildcard that covers it is read as none")
	}
	tiers := in.Requiring(NeedsEdition)
	if len(tiers) == 0 {
		return
	}
	x, _ = s.get(ctx, d.project.path()+"protected_environments", map[string]string{"per_page": "1"})
	if x.Status == http.StatusOK {
		d.ok("the instance can protect environments")
		return
	}
	for _, tier := range slices.Sorted(maps.Keys(tiers)) {
		d.bad(
			"what needs GitLab "+tier,
			"the instance has no such edition, or the observer may not read it, so these routes cannot be protected: "+strings.Join(
				tiers[tier],
				", ",
			),
			"a gap of the design: close it otherwise, and leave these attempts out",
		)
	}
}
