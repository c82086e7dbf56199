package kubernetes

import (
	"context"
	"fmt"
	"slices"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// Diagnose checks, without attempting anything, that the cluster is the
// approved one, that every identity can be taken on, that the observers can
// read, and what the access rules say of the positive and negative arms.
func (c *Cluster) Diagnose(ctx context.Context, in targets.Access) []targets.Finding {
	pin, err := c.Pin(ctx)
	switch {
	case err != nil:
		return []targets.Finding{{What: "reach " + c.base, Problem: err.Error(), Mend: "check the network, the context's credential, and that the prober may get the namespace kube-system"}}
	case !pin.OK:
		return []targets.Finding{{What: "reach " + c.base, Problem: pin.Problem, Mend: "point the context at the approved cluster, or approve this one"}}
	}
	d := &doctor{cluster: c, in: in}
	d.ok("the cluster %s (%s) is the approved one; the prober is %s", c.base, pin.Version, pin.Harness)
	for _, id := range in.People {
		if s := d.assume(ctx, id); s != nil {
			d.role(ctx, s, id)
		}
	}
	return d.findings
}

type doctor struct {
	cluster  *Cluster
	in       targets.Access
	findings []targets.Finding
}

func (d *doctor) ok(format string, args ...any) {
	d.findings = append(d.findings, targets.Finding{OK: true, What: fmt.Sprintf(format, args...)})
}

func (d *doctor) bad(what, problem, mend string) {
	d.findings = append(d.findings, targets.Finding{What: what, Problem: problem, Mend: mend})
}

// assume takes an identity on and compares it, nil where that fails.
func (d *doctor) assume(ctx context.Context, id targets.Identity) *Session {
	s, err := d.cluster.Assume(ctx, id)
	if err != nil {
		d.bad("act as "+id.ID, err.Error(), "name a context of this cluster")
		return nil
	}
	check := s.Whoami(ctx)
	if check.Proof != probes.Proven {
		d.bad("act as "+id.ID, check.Problem, "sodprobe setup kubernetes prints the rights that the prober needs; the scenario must state the identity as the server sees it")
		return nil
	}
	d.ok("%s acts as %s", id.ID, check.Subject.Name)
	return s
}

// role checks what an identity is for.
func (d *doctor) role(ctx context.Context, s *Session, id targets.Identity) {
	switch id.Role {
	case targets.Observer:
		d.observer(ctx, s, id)
	case targets.Authorized:
		d.access(ctx, s, id, "allowed", "grant it what the scenario attempts, or waive the positive arm with a reason")
	case targets.Unprivileged:
		d.access(ctx, s, id, "denied", "take its rights away, or name another identity")
	case targets.Developer:
		d.baselines(ctx, s, id)
	}
}

// observer reads all state that the scenario needs.
func (d *doctor) observer(ctx context.Context, s *Session, id targets.Identity) {
	bad := 0
	for _, r := range d.in.Reads {
		switch read := s.Read(ctx, targets.StateQuery{Request: r}); {
		case !read.Read:
			bad++
			d.bad(fmt.Sprintf("%s reads %s", id.ID, r.Path), read.Problem, "sodprobe setup kubernetes prints the rights that the observer needs")
		case !read.Exists && r.Name != "":
			bad++
			d.bad(fmt.Sprintf("%s reads %s", id.ID, r.Path), "it does not exist, so a refusal there proves nothing", "name an object that exists")
		}
	}
	if bad == 0 {
		d.ok("%s reads all %d objects", id.ID, len(d.in.Reads))
	}
}

// access asks the authorizer about each attempt; it attempts none.
func (d *doctor) access(ctx context.Context, s *Session, id targets.Identity, want, mend string) {
	var wrong []string
	for _, r := range d.in.Attempts {
		if got := s.predict(ctx, r); got != want {
			wrong = append(wrong, r.Action+" "+r.Resource)
		}
	}
	if len(wrong) == 0 {
		d.ok("the access rules say %s to %s for all %d requests", want, id.ID, len(d.in.Attempts))
		return
	}
	slices.Sort(wrong)
	d.bad(fmt.Sprintf("the access rules say %s to %s", want, id.ID), fmt.Sprintf("not for: %s", slices.Compact(wrong)), mend)
}

// baselines asks whether a developer may do at the permitted place what the
// baseline needs.
func (d *doctor) baselines(ctx context.Context, s *Session, id targets.Identity) {
	var wrong []string
	for _, r := range d.in.Baselines {
		if s.predict(ctx, r) != "allowed" {
			wrong = append(wrong, r.Action+" "+r.Resource)
		}
	}
	if len(wrong) == 0 {
		d.ok("%s may do all that the baseline needs where it is permitted", id.ID)
		return
	}
	slices.Sort(wrong)
	d.bad("the baseline of "+id.ID, fmt.Sprintf("not permitted in %s: %s", d.in.Target.Kubernetes.PermittedNamespace, slices.Compact(wrong)),
		"name a permittedNamespace where the developer may do the same, or leave those attempts out")
}

func (s *Session) predict(ctx context.Context, r targets.Request) string {
	return s.Predict(ctx, targets.Asked{Action: r.Action, Resource: r.Resource, Name: r.Name, Scope: r.Scope})
}
