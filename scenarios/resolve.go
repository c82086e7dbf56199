package scenarios

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// Resolved is one attempt of a scenario with everything that it names.
type Resolved struct {
	Probe      probes.Probe
	Target     targets.Target
	Developers []targets.Identity
	// Positive is the authorized identity, nil where the arm is waived.
	Positive *targets.Identity
	// PositiveWith are parameters of the positive arm alone.
	PositiveWith map[string]string
	// Waive is the reason for a waived positive arm.
	Waive string
	// Negative is the unprivileged identity; the zero value where each
	// developer's own request, without any right, takes its place.
	Negative targets.Identity
	Observer targets.Identity
	// With and Allowed are the parameters in production and at the
	// allowed place, defaults filled in.
	With, Allowed map[string]string
	// Expect lists the layers that count.
	Expect   []targets.Layer
	Excluded bool
}

// problem is a mistake in an attempt, at one of its fields.
type problem struct{ field, text, instead string }

func (p *problem) Error() string { return p.text }

// Resolve looks up what an attempt names. A loaded scenario always resolves
// against the catalog that it was loaded with.
func (s *Scenario) Resolve(a Attempt, set probes.Set) (Resolved, error) {
	r, problems := s.resolve(a, set)
	if len(problems) > 0 {
		return Resolved{}, problems[0]
	}
	return r, nil
}

// resolve finds every problem of an attempt.
func (s *Scenario) resolve(a Attempt, set probes.Set) (r Resolved, found []*problem) {
	note := func(p *problem) {
		if p != nil {
			found = append(found, p)
		}
	}
	var p *problem
	r.Probe, p = probeOf(a.Probe, set)
	note(p)
	if p == nil {
		r.With, r.Allowed, found = parameters(a, r.Probe)
	}
	unknown := p != nil
	r.Target, p = s.targetOf(a.Target)
	note(p)
	if p != nil || unknown {
		return r, found
	}
	system := r.Target.System()
	if r.Probe.System != system {
		note(
			&problem{
				"target",
				fmt.Sprintf("%s is not a target of %s", a.Target, r.Probe.System),
				"a target with a " + string(r.Probe.System) + " block",
			},
		)
		return r, found
	}
	who, wrong := s.developers(a, r.Probe)
	r.Developers, found = who, append(found, wrong...)
	r.Positive, r.Waive, p = s.positive(a, system)
	note(p)
	r.PositiveWith, wrong = positiveWith(a, r.Probe)
	found = append(found, wrong...)
	switch {
	case !r.Probe.Null || slices.ContainsFunc(r.Developers, func(id targets.Identity) bool { return !id.Fenced(system) }):
		r.Negative, p = s.one("negative", a.Negative, targets.Unprivileged, system)
		note(p)
	case a.Negative != "":
		note(
			&problem{"negative", fmt.Sprintf("the negative arm of %s is the developer's own request without any right", r.Probe.ID), "leave it out"},
		)
	}
	r.Observer, p = s.one("observer", a.Observer, targets.Observer, system)
	note(p)
	found = append(found, lacking(r)...)
	r.Expect = r.Probe.Expect
	if len(a.Expect) > 0 {
		r.Expect = a.Expect
	}
	r.Excluded = s.Rules.excludes(r.Probe.ID)
	return r, found
}

func probeOf(id string, set probes.Set) (probes.Probe, *problem) {
	p, ok := set.Find(id)
	if ok {
		return p, nil
	}
	names := make([]string, len(set))
	for i, p := range set {
		names[i] = p.ID
	}
	instead := nearest(id, names)
	if instead == "" {
		instead = "one of: sodprobe probes list"
	}
	return probes.Probe{}, &problem{"probe", fmt.Sprintf("there is no probe %q", id), instead}
}

func (s *Scenario) targetOf(id string) (targets.Target, *problem) {
	names := make([]string, len(s.Targets))
	for i, t := range s.Targets {
		if t.ID == id && t.System() == "" {
			return targets.Target{}, &problem{"target", fmt.Sprintf("the target %q does not say one system", id), "give it the block of one system"}
		}
		if t.ID == id {
			return t, nil
		}
		names[i] = t.ID
	}
	return targets.Target{}, &problem{"target", fmt.Sprintf("there is no target %q", id), "one of: " + strings.Join(names, ", ")}
}

// parameters checks what an attempt gives to its probe and fills in the
// defaults.
func parameters(a Attempt, p probes.Probe) (with, allowed map[string]string, found []*problem) {
	with, allowed = map[string]string{}, map[string]string{}
	known := make([]string, len(p.Needs))
	for i, n := range p.Needs {
		known[i] = n.Name
		value, given := a.With[n.Name]
		if !given {
			value = n.Default
		}
		if !given && value == "" {
			found = append(
				found,
				&problem{"with", fmt.Sprintf("%s needs the parameter %s (%s)", p.ID, n.Name, n.Doc), fmt.Sprintf("with: {%s: %s}", n.Name, n.Example)},
			)
		} else if err := n.Valid(value); err != nil {
			found = append(found, &problem{"with." + n.Name, err.Error(), n.Example})
		}
		with[n.Name], allowed[n.Name] = value, value
		if value, given := a.Allowed[n.Name]; given {
			if err := n.Valid(value); err != nil {
				found = append(found, &problem{"allowed." + n.Name, err.Error(), n.Example})
			}
			allowed[n.Name] = value
		}
	}
	found = append(found, strange("with", a.With, p, known)...)
	return with, allowed, append(found, strange("allowed", a.Allowed, p, known)...)
}

// positiveWith checks the parameters that the positive arm has of its own.
func positiveWith(a Attempt, p probes.Probe) (with map[string]string, found []*problem) {
	if a.Positive == nil || len(a.Positive.With) == 0 {
		return nil, nil
	}
	known := make([]string, len(p.Needs))
	for i, n := range p.Needs {
		known[i] = n.Name
		if value, given := a.Positive.With[n.Name]; given {
			if err := n.Valid(value); err != nil {
				found = append(found, &problem{"positive", err.Error(), n.Example})
			}
		}
	}
	return a.Positive.With, append(found, strange("positive", a.Positive.With, p, known)...)
}

// strange are the parameters that a probe does not have.
func strange(field string, given map[string]string, p probes.Probe, known []string) []*problem {
	instead := "no parameter at all"
	if len(known) > 0 {
		instead = "one of: " + strings.Join(known, ", ")
	}
	var found []*problem
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(known, name) {
			found = append(found, &problem{field + "." + name, fmt.Sprintf("%s has no parameter %q", p.ID, name), instead})
		}
	}
	return found
}

// lacking are the problems of an attempt whose probe requires what its target, or
// somebody who sends the request, does not have.
func lacking(r Resolved) (found []*problem) {
	for _, need := range r.Probe.Requires {
		note := func(field, owner string, lack *targets.Lack) {
			if lack != nil {
				found = append(found, &problem{field, fmt.Sprintf("%s %s, and %s %s", owner, lack.What, r.Probe.ID, need.Because), lack.Instead})
			}
		}
		if need.Target != nil {
			note("target", r.Target.ID, need.Target(r.Target.Block))
		}
		for _, sender := range senders(r) {
			if block := sender.On(r.Target.System()); need.Identity != nil && block != nil {
				note(sender.field, sender.ID, need.Identity(block))
			}
		}
		if need.Alone && len(r.Developers) > 1 {
			found = append(found, &problem{
				"as", fmt.Sprintf("%d developers, and %s %s", len(r.Developers), r.Probe.ID, need.Because), "an attempt for each developer",
			})
		}
	}
	return found
}

// sender is somebody who sends an attempt's request, and the field that names them.
type sender struct {
	field string
	targets.Identity
}

func senders(r Resolved) []sender {
	out := make([]sender, 0, len(r.Developers)+2)
	for _, id := range r.Developers {
		out = append(out, sender{"as", id})
	}
	if r.Positive != nil {
		out = append(out, sender{"positive", *r.Positive})
	}
	return append(out, sender{"negative", r.Negative})
}

// developers are the identities under test.
func (s *Scenario) developers(a Attempt, p probes.Probe) (out []targets.Identity, found []*problem) {
	if a.As.Role != "" {
		for _, id := range s.Identities {
			if id.Role == a.As.Role && id.On(p.System) != nil {
				out = append(out, id)
			}
		}
	} else {
		for i, name := range a.As.IDs {
			id, wrong := s.developer(a.As.IDs[:i], name, p.System)
			if wrong != nil {
				found = append(found, wrong)
				continue
			}
			out = append(out, id)
		}
	}
	if len(out) == 0 && len(found) == 0 {
		found = append(
			found,
			&problem{
				"as",
				"no identity has the role developer and a " + string(p.System) + " block",
				"identities: [{id: dev-alice, role: developer, …}]",
			},
		)
	}
	return out, found
}

// developer is one identity under test by its id. before are the ids that
// stand before it.
func (s *Scenario) developer(before []string, name string, system targets.SystemName) (targets.Identity, *problem) {
	id, ok := s.identity(name)
	switch {
	case !ok:
		return id, &problem{"as", fmt.Sprintf("there is no identity %q", name), s.namesOf(targets.Developer)}
	case slices.Contains(before, name):
		return id, &problem{"as", fmt.Sprintf("%s is a duplicate", name), "name each identity once"}
	case id.Role != targets.Developer:
		return id, &problem{"as", fmt.Sprintf("%s has the role %s; only developers are under test", name, id.Role), s.namesOf(targets.Developer)}
	case id.On(system) == nil:
		return id, &problem{"as", fmt.Sprintf("%s has no %s block", name, system), "add one to the identity"}
	}
	return id, nil
}

// positive is the identity that shows that the request works, or the reason
// why none may be lent.
func (s *Scenario) positive(a Attempt, system targets.SystemName) (*targets.Identity, string, *problem) {
	if a.Positive != nil && a.Positive.Waive != "" {
		return nil, a.Positive.Waive, nil
	}
	name := ""
	if a.Positive != nil {
		name = a.Positive.Identity
	}
	id, p := s.one("positive", name, targets.Authorized, system)
	if p != nil {
		if name == "" {
			p.instead += `, or positive: {waive: "why none may be lent"}`
		}
		return nil, "", p
	}
	return &id, "", nil
}

// one is the identity of a role: the one that is named, or the only one.
func (s *Scenario) one(field, name string, role targets.Role, system targets.SystemName) (targets.Identity, *problem) {
	if name != "" {
		id, ok := s.identity(name)
		switch {
		case !ok:
			return id, &problem{field, fmt.Sprintf("there is no identity %q", name), s.namesOf(role)}
		case id.Role != role:
			return id, &problem{field, fmt.Sprintf("%s has the role %s, not %s", name, id.Role, role), s.namesOf(role)}
		case id.On(system) == nil:
			return id, &problem{field, fmt.Sprintf("%s has no %s block", name, system), "add one to the identity"}
		}
		return id, nil
	}
	var found []targets.Identity
	for _, id := range s.Identities {
		if id.Role == role && id.On(system) != nil {
			found = append(found, id)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return targets.Identity{}, &problem{
			"",
			fmt.Sprintf("no identity has the role %s", role),
			fmt.Sprintf("add an identity with role: %s", role),
		}
	default:
		return targets.Identity{}, &problem{
			"",
			fmt.Sprintf("%d identities have the role %s", len(found), role),
			fmt.Sprintf("%s: %s", field, found[0].ID),
		}
	}
}

func (s *Scenario) identity(id string) (targets.Identity, bool) {
	i := slices.IndexFunc(s.Identities, func(x targets.Identity) bool { return x.ID == id })
	if i < 0 {
		return targets.Identity{}, false
	}
	return s.Identities[i], true
}

func (s *Scenario) namesOf(role targets.Role) string {
	var names []string
	for _, id := range s.Identities {
		if id.Role == role {
			names = append(names, id.ID)
		}
	}
	if len(names) == 0 {
		return fmt.Sprintf("add an identity with role: %s", role)
	}
	return "one of: " + strings.Join(names, ", ")
}

// excludes reports whether a probe is never attempted.
func (r Rules) excludes(id string) bool {
	for _, pattern := range r.Exclude {
		if ok, err := path.Match(pattern, id); err == nil && ok {
			return true
		}
	}
	return false
}
