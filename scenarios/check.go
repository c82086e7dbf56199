package scenarios

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// checker notes what the form alone cannot show: references, windows,
// ceilings.
type checker struct {
	*decoder
	scenario *Scenario
	options  Options
}

// note places a problem at a path, or at the nearest path above it that
// stands in the file.
func (c *checker) note(place, problem, instead string) {
	for p := place; ; p = above(p) {
		if n, ok := c.places[p]; ok {
			c.at(n.Line, n.Column, problem, instead)
			return
		}
	}
}

// above cuts the last element off a path. The root's path is "".
func above(p string) string {
	if i := strings.LastIndexAny(p, ".["); i >= 0 {
		return p[:i]
	}
	return ""
}

func (c *checker) has(place string) bool {
	n, ok := c.places[place]
	return ok && n.Kind != yaml.AliasNode
}

func (c *checker) check() {
	c.controls()
	c.authorization()
	c.engagement()
	c.targets()
	c.identities()
	c.ascii()
	for i, a := range c.scenario.Attempts {
		c.attempt(fmt.Sprintf("attempts[%d]", i), a)
	}
}

func (c *checker) controls() {
	form := regexp.MustCompile(`^[a-z0-9-]+/[a-z0-9][a-z0-9.-]*$`)
	for i, id := range c.scenario.Controls {
		if !form.MatchString(id) {
			c.note(fmt.Sprintf("controls[%d]", i), fmt.Sprintf("%q is not a control", id), "FRAMEWORK/CONTROL, as in nist/cm-5 or soc2/cc8.1")
		}
		if slices.Contains(c.scenario.Controls[:i], id) {
			c.note(fmt.Sprintf("controls[%d]", i), id+" is a duplicate", "name each control once")
		}
	}
}

func (c *checker) authorization() {
	a, at := c.scenario.Authorization, "authorization"
	if !a.NotBefore.IsZero() && !a.NotAfter.IsZero() {
		switch window := a.NotAfter.Sub(a.NotBefore); {
		case window <= 0:
			c.note(at+".notAfter", "the window ends before it begins", "a time after notBefore")
		case c.options.MaxWindow > 0 && window > c.options.MaxWindow:
			c.note(
				at+".notAfter",
				fmt.Sprintf("the window of %s is longer than the policy allows", days(window)),
				"at most "+days(c.options.MaxWindow),
			)
		}
	}
	if c.options.Ticket != nil && a.ChangeTicket != "" && !c.options.Ticket.MatchString(a.ChangeTicket) {
		c.note(at+".changeTicket", fmt.Sprintf("%q does not have the form that the policy demands", a.ChangeTicket), c.options.Ticket.String())
	}
	if a.Schedule != "" && !cronLine(a.Schedule) {
		c.note(at+".schedule", fmt.Sprintf("%q is not a cron line", a.Schedule), `five fields, as in "0 3 * * *"`)
	}
	if _, err := time.LoadLocation(a.Timezone); err != nil || a.Timezone == "Local" {
		c.note(at+".timezone", fmt.Sprintf("%q is not a time zone", a.Timezone), "UTC, or a name such as Europe/Dublin")
	}
}

func days(d time.Duration) string { return fmt.Sprintf("%.1f days", d.Hours()/24) }

// cronLine reports whether a line has the five fields of cron: minute, hour,
// day of month, month, day of week.
func cronLine(line string) bool {
	fields := strings.Fields(line)
	bounds := [][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}}
	if len(fields) != len(bounds) {
		return false
	}
	for i, f := range fields {
		for part := range strings.SplitSeq(f, ",") {
			if !cronPart(part, bounds[i][0], bounds[i][1]) {
				return false
			}
		}
	}
	return true
}

// cronPart is *, N or N-M, each with an optional /STEP.
func cronPart(part string, low, high int) bool {
	span, step, stepped := strings.Cut(part, "/")
	if n, err := strconv.Atoi(step); stepped && (err != nil || n < 1) {
		return false
	}
	if span == "*" {
		return true
	}
	from, to, ranged := strings.Cut(span, "-")
	a, err := strconv.Atoi(from)
	if err != nil || a < low || a > high {
		return false
	}
	if !ranged {
		return true
	}
	b, err := strconv.Atoi(to)
	return err == nil && b >= a && b <= high
}

// engagement checks the rules of engagement against the catalog.
func (c *checker) engagement() {
	r := c.scenario.Rules
	if r.Technique == probes.Canary {
		c.note("rules.technique", "this version sends no canary", "self-defeating, dry-run or examine")
	}
	for i, pattern := range r.Exclude {
		place := fmt.Sprintf("rules.exclude[%d]", i)
		matches := slices.ContainsFunc(c.options.Set, func(p probes.Probe) bool {
			ok, err := path.Match(pattern, p.ID)
			return err == nil && ok
		})
		if !matches {
			c.note(place, fmt.Sprintf("%q excludes no probe", pattern), c.patterns())
		}
	}
}

func (c *checker) targets() {
	for i, t := range c.scenario.Targets {
		at := fmt.Sprintf("targets[%d]", i)
		if t.System() == "" && c.has(at) {
			c.note(at, "the target does not say one system", "exactly one of: "+c.systemList())
		}
		if slices.ContainsFunc(c.scenario.Targets[:i], func(x targets.Target) bool { return x.ID == t.ID && t.ID != "" }) {
			c.note(at+".id", fmt.Sprintf("the target %s is a duplicate", t.ID), "one id for each target")
		}
		if t.Block != nil {
			t.Block.Check(c.lint(at, t.Block))
		}
	}
}

// lint is what the block of a target or an identity is checked in.
func (c *checker) lint(at string, b targets.Block) targets.Lint {
	return targets.Lint{Targets: c.scenario.Targets, Note: func(field, problem, instead string) {
		c.note(strings.TrimSuffix(at+"."+string(b.System())+"."+field, "."), problem, instead)
	}}
}

func (c *checker) identities() {
	for i, id := range c.scenario.Identities {
		at := fmt.Sprintf("identities[%d]", i)
		if slices.ContainsFunc(c.scenario.Identities[:i], func(x targets.Identity) bool { return x.ID == id.ID && id.ID != "" }) {
			c.note(at+".id", fmt.Sprintf("the identity %s is a duplicate", id.ID), "one id for each identity")
		}
		if len(id.Blocks) == 0 && c.has(at) {
			c.note(at, "the identity says no system", "add a block of one of: "+c.systemList())
		}
		c.nameless(at, id)
		for _, b := range id.Blocks {
			b.Check(c.lint(at, b))
		}
	}
}

func (c *checker) systemList() string { return strings.Join(texts(c.options.Systems.Names()), ", ") }

// nameless notes a developer whom nobody can compare with who approves: a role or a
// service account may be several people's, whatever else names one of them.
func (c *checker) nameless(at string, id targets.Identity) {
	if id.Role == targets.Developer && id.Shared() && !c.has(at+".persons") {
		c.note(at, fmt.Sprintf("nothing says which people %s stands for, so that one of them could approve the test", id.ID),
			"persons: [their principals], or persons: [] where only a machine acts as it")
	}
}

// patterns says what excludes probes, by the first of the catalog.
func (c *checker) patterns() string {
	if len(c.options.Set) == 0 {
		return "a probe's id"
	}
	id := c.options.Set[0].ID
	return "a probe's id, or a pattern such as " + id[:strings.LastIndex(id, ".")+1] + "*"
}

// noted reports whether the form of an attempt's field is noted as wrong or
// missing already: what follows from that is no mistake of its own.
func (c *checker) noted(at, name string) bool {
	n, ok := c.places[at+"."+name]
	if !ok {
		return slices.Contains([]string{"probe", "target", "as"}, name)
	}
	return slices.ContainsFunc(c.found, func(m *Mistake) bool { return m.Line == n.Line && m.Column == n.Column })
}

// attempt checks one attempt against the scenario and the catalog.
func (c *checker) attempt(at string, a Attempt) {
	if !c.has(at) {
		return
	}
	r, problems := c.scenario.resolve(a, c.options.Set)
	for _, p := range problems {
		if c.noted(at, p.field) {
			continue
		}
		c.note(strings.TrimSuffix(at+"."+p.field, "."), p.text, p.instead)
	}
	system, _ := c.options.Systems.Find(r.Probe.System)
	for _, l := range a.Expect {
		if r.Probe.ID != "" && !slices.Contains(system.Layers, l) {
			c.note(at+".expect", fmt.Sprintf("%q is not a layer of %s", l, r.Probe.System), "one of: "+layerList(system.Layers))
		}
	}
	ceiling := c.scenario.Rules.Technique
	if r.Probe.ID != "" && slices.Contains(probes.Techniques(), ceiling) && !r.Probe.Technique.Within(ceiling) {
		c.note(
			at+".probe",
			fmt.Sprintf("%s is %s, above the ceiling %s", r.Probe.ID, r.Probe.Technique, ceiling),
			"raise rules.technique, or leave the attempt out",
		)
	}
}
