package kubernetes

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// Diagnose checks, without attempting anything, that the cluster is the
// approved one, that every identity can be taken on, that the observers can
// read, and what the access rules say of the positive and negative arms.
func (c *Cluster) Diagnose(ctx context.Context, in targets.Access) []targets.Finding {
	pin, err := c.Pin(ctx)
	switch {
	case err != nil:
		return []targets.Finding{
			{
				What:    "reach " + c.base,
				Problem: err.Error(),
				Mend:    "check the network, the context's credential, and that the prober may get the namespace kube-system",
			},
		}
	case !pin.OK:
		return []targets.Finding{
			{What: "reach " + c.base, Problem: pin.Problem, Mend: "point the context at the approved cluster, or approve this one"},
		}
	}
	d := &doctor{cluster: c, in: in}
	d.ok("the cluster %s (%s) is the approved one; the prober is %s", c.base, pin.Version, pin.Harness)
	if note := managed(pin.Version); note != "" {
		d.ok("%s", note)
	}
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
	s, err := d.cluster.assume(ctx, id)
	if err != nil {
		d.bad("act as "+id.ID, err.Error(), "name a context of this cluster")
		return nil
	}
	check := s.Whoami(ctx)
	if check.Proof != targets.Proven {
		d.bad(
			"act as "+id.ID,
			check.Problem,
			"sodprobe setup kubernetes prints the rights that the prober needs; the scenario must state the identity as the server sees it",
		)
		return nil
	}
	d.ok("%s acts as %s", id.ID, check.Subject.Name)
	d.known(ctx, s, id)
	return s
}

// known warns where the authorizer does not decide by the name and groups that the
// scenario gives: its reason for a refusal is then none that is given for a
// decision.
func (d *doctor) known(ctx context.Context, s *Session, id targets.Identity) {
	for _, r := range d.in.Attempts {
		x := s.Review(ctx, targets.Review{Kind: accessReview, Action: targets.ActionOf(r)})
		allowed, why, ok := accessOf(x.Body)
		if ok && !allowed && why.class != targets.Denied {
			d.bad("how the authorizer knows "+id.ID, "it refuses without a decision: "+r.Action+" "+r.Resource, why.advice)
		}
		if ok && !allowed {
			return // one refusal tells
		}
	}
}

// managed says, of services whose authorizers look at more than name and groups,
// what impersonation shows there (targets/README.md).
func managed(version string) string {
	switch {
	case strings.Contains(version, "-eks-"):
		return "EKS: access policies also look at the session's extras, whose keys impersonation writes in small letters"
	case strings.Contains(version, "-gke."):
		return "GKE: IAM decides beside RBAC by the name that the scenario gives, and Autopilot limits whom the prober may take on"
	}
	return ""
}

// role checks what an identity is for.
func (d *doctor) role(ctx context.Context, s *Session, id targets.Identity) {
	switch id.Role {
	case targets.Observer:
		d.observer(ctx, s, id)
	case targets.Authorized:
		d.access(ctx, s, id, targets.Allows, "grant it what the scenario attempts, or waive the positive arm with a reason")
	case targets.Unprivileged:
		d.access(ctx, s, id, targets.Denies, "take its rights away, or name another identity")
	case targets.Developer:
		d.baselines(ctx, s, id)
	}
}

// observer reads all state that the scenario needs.
func (d *doctor) observer(ctx context.Context, s *Session, id targets.Identity) {
	bad := 0
	for _, q := range d.in.Reads {
		read := s.Read(ctx, q)
		if f := q.Look(
			id.ID,
			read.Read,
			read.Exists,
			read.Problem,
			"sodprobe setup kubernetes prints the rights that the observer needs",
		); !f.OK {
			bad++
			d.findings = append(d.findings, f)
		}
	}
	if bad == 0 {
		d.ok("%s reads all %d objects", id.ID, len(d.in.Reads))
	}
}

// access asks the authorizer about each attempt; it attempts none.
func (d *doctor) access(ctx context.Context, s *Session, id targets.Identity, want targets.Opinion, mend string) {
	rules := ask(s)
	var wrong []string
	for _, r := range d.in.Attempts {
		if rules.of(ctx, r) != want {
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

// baselines asks whether a developer may do at the allowed place what the
// baseline needs.
func (d *doctor) baselines(ctx context.Context, s *Session, id targets.Identity) {
	rules := ask(s)
	var wrong []string
	for _, r := range d.in.Baselines {
		if rules.of(ctx, r) != targets.Allows {
			wrong = append(wrong, r.Action+" "+r.Resource)
		}
	}
	if len(wrong) == 0 {
		d.ok("%s may do all that the baseline needs where it is permitted", id.ID)
		return
	}
	slices.Sort(wrong)
	d.bad("the baseline of "+id.ID, fmt.Sprintf("not permitted in %s: %s", clusterOf(d.in.Target).AllowedNamespace, slices.Compact(wrong)),
		"name a allowedNamespace where the developer may do the same, or leave those attempts out")
}

// opinions asks the authorizer about requests of one session; one answer may
// serve several.
type opinions struct {
	session *Session
	known   map[targets.Review]targets.Exchange
}

func ask(s *Session) opinions { return opinions{s, map[targets.Review]targets.Exchange{}} }

func (o opinions) of(ctx context.Context, r targets.Request) targets.Opinion {
	return Oracle().Opinion(targets.ActionOf(r), func(q targets.Review) (targets.Exchange, bool) {
		x, ok := o.known[q]
		if !ok {
			x = o.session.Review(ctx, q)
			o.known[q] = x
		}
		return x, true
	})
}
