package scenarios

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// Explain prints a scenario in plain English: what an approver agrees to. It
// leaves nothing out that a run would do.
func Explain(w io.Writer, s *Scenario, set probes.Set) error {
	e := &explainer{scenario: s}
	e.head()
	e.who()
	e.where()
	if err := e.attempts(set); err != nil {
		return err
	}
	e.limits()
	e.strange()
	_, err := io.WriteString(w, e.text.String())
	return err
}

type explainer struct {
	scenario *Scenario
	text     strings.Builder
}

func (e *explainer) say(format string, args ...any) { fmt.Fprintf(&e.text, format+"\n", args...) }

func (e *explainer) head() {
	s, a := e.scenario, e.scenario.Authorization
	e.say("%s", strings.ToUpper(s.Metadata.Title))
	e.say("%s, revision %d, change ticket %s", s.Metadata.ID, s.Metadata.Revision, a.ChangeTicket)
	e.say("")
	e.say("By signing you say: %s", a.Statement)
	e.say("")
	e.say("WHEN")
	runs := fmt.Sprintf("%d runs", a.MaxRuns)
	if a.MaxRuns == 1 {
		runs = "1 run"
	}
	e.say("  From %s to %s (%s), at most %s.", clock(a.NotBefore), clock(a.NotAfter), days(a.NotAfter.Sub(a.NotBefore)), runs)
	if a.Schedule != "" {
		zone := a.Timezone
		if zone == "" {
			zone = "UTC"
		}
		e.say("  On the schedule %q, time zone %s.", a.Schedule, zone)
	} else {
		e.say("  Started by hand; no schedule.")
	}
	for _, c := range a.Contacts {
		e.say("  If something looks wrong: %s, %s.", c.Name, c.Email)
	}
	e.say("")
	e.say("WHAT IT TESTS")
	e.say("  The controls %s.", strings.Join(s.Controls, ", "))
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func (e *explainer) who() {
	e.say("")
	e.say("WHO IT ACTS AS")
	roles := map[targets.Role]string{
		targets.Developer:    "under test: must be refused",
		targets.Authorized:   "shows that the request works for somebody who may",
		targets.Unprivileged: "shows that the target can refuse",
		targets.Observer:     "reads the state before and after, and attempts nothing",
	}
	for _, id := range e.scenario.Identities {
		e.say("  %s (%s): %s", id.ID, id.Role, roles[id.Role])
		for _, b := range id.Blocks {
			for _, line := range b.Explain() {
				e.say("    %s", line)
			}
		}
		if len(id.Persons) > 0 {
			e.say("    these people use it in real life: %s", strings.Join(id.Persons, ", "))
		} else if id.Role == targets.Developer && id.Shared() {
			e.say("    you state that no person acts as it, but a machine alone")
		}
		if id.Persona {
			e.say("    a dedicated account that stands for people with the same groups")
		}
	}
}

func (e *explainer) where() {
	e.say("")
	e.say("WHERE")
	for _, t := range e.scenario.Targets {
		e.say("  %s: %s", t.ID, strings.Join(t.Block.Explain(), "\n    "))
		e.say("    At most %g requests a second.", t.RequestsPerSecond)
	}
}

// strange lists what is not printable ASCII.
func (e *explainer) strange() {
	if list := Strange(e.scenario); len(list) > 0 {
		e.say("")
		e.say("NAMES THAT ARE NOT WHAT THEY LOOK LIKE, OR MAY NOT BE")
		for _, name := range list {
			e.say("  %s", name)
		}
	}
}

// harmless says why a technique changes nothing.
func harmless(t probes.Technique) string {
	switch t {
	case probes.Examine:
		return "only asks the authorizer; nothing is attempted"
	case probes.DryRun:
		return "sent as the server's own dry run: it is checked in full and never stored"
	case probes.SelfDefeating:
		return "sent in a form that cannot take effect even where it is allowed"
	case probes.Canary:
		return "a real write; this version refuses it"
	}
	return "unknown"
}

func (e *explainer) attempts(set probes.Set) error {
	e.say("")
	e.say("WHAT IT ATTEMPTS")
	for i, a := range e.scenario.Attempts {
		r, err := e.scenario.Resolve(a, set)
		if err != nil {
			return fmt.Errorf("explain attempt %d: %w", i+1, err)
		}
		e.attempt(i+1, r)
	}
	return nil
}

func (e *explainer) attempt(n int, r Resolved) {
	names := make([]string, len(r.Developers))
	for i, d := range r.Developers {
		names[i] = d.ID
	}
	e.say("  %d. %s (%s) at %s, as %s", n, r.Probe.Title, r.Probe.ID, r.Target.ID, strings.Join(names, ", "))
	if r.Excluded {
		e.say("     EXCLUDED by the rules: planned, and never sent, by nobody.")
		return
	}
	e.say("     Why: %s", r.Probe.Why)
	e.say("     Harmless (%s): %s.", r.Probe.Technique, harmless(r.Probe.Technique))
	for _, need := range r.Probe.Needs {
		text := fmt.Sprintf("     %s: %s", need.Name, r.With[need.Name])
		if r.Allowed[need.Name] != r.With[need.Name] {
			text += fmt.Sprintf(" (at the allowed place: %s)", r.Allowed[need.Name])
		}
		e.say("%s", text)
	}
	e.say("     Counts as blocked if refused by: %s.", layerList(r.Expect))
	if !slices.Equal(r.Expect, r.Probe.Expect) {
		e.say("     NOTE: the scenario changes this list; the probe's own is: %s.", layerList(r.Probe.Expect))
	}
	e.arms(r)
	for _, limit := range r.Probe.Limits {
		e.say("     Limit: %s", limit)
	}
}

// arms says what else is sent beside the attempt itself.
func (e *explainer) arms(r Resolved) {
	allowed := r.Target.Place(targets.Allowed).Title
	if r.Probe.Baseline.Standing == nil {
		e.say("     The developers send the same request in %s, where they may.", allowed)
	} else {
		e.say("     There is no allowed place for this request: instead the developers send one")
		e.say("     that they may send in %s (%s).", allowed, r.Probe.Baseline.Standing.ID)
	}
	if r.Waive != "" {
		e.say("     WAIVED: nobody shows that the request works for somebody who may. Reason: %s", r.Waive)
	} else {
		e.say("     The same request is sent as %s, who may%s.", r.Positive.ID, differently(r.PositiveWith))
	}
	if r.Probe.Null {
		e.say("     The developers send the same request once more with every right taken away.")
	}
	if r.Negative.ID != "" {
		whose := ""
		if r.Probe.Null {
			whose = ", beside those whose rights cannot be taken away"
		}
		e.say("     The same request is sent as %s, who has no rights%s.", r.Negative.ID, whose)
	}
	e.say("     %s reads the state.", r.Observer.ID)
}

// differently says which parameters the positive arm has of its own.
func differently(with map[string]string) string {
	if len(with) == 0 {
		return ""
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(with)) {
		list = append(list, name+": "+with[name])
	}
	return ", with " + strings.Join(list, ", ")
}

func layerList(layers []targets.Layer) string {
	names := make([]string, len(layers))
	for i, l := range layers {
		names[i] = string(l)
	}
	return strings.Join(names, ", ")
}

func (e *explainer) limits() {
	r := e.scenario.Rules
	e.say("")
	e.say("LIMITS")
	e.say("  Nothing above the technique %s. At most %d requests a run, %d at a time,", r.Technique, r.MaxRequests, r.Concurrency)
	e.say("  each with %s to answer.", r.RequestTimeout.Duration())
	if r.StopOn == "never" {
		e.say("  The run goes on after an attempt was permitted, and stops if something changed.")
	} else {
		e.say("  The run stops as soon as an attempt is permitted.")
	}
	e.say("  It also stops when the window closes, when its requests are used up, and when the")
	e.say("  operator interrupts it or sets the stop file. What is left is recorded as not run.")
	if len(r.Exclude) > 0 {
		e.say("  Never attempted: %s.", strings.Join(r.Exclude, ", "))
	}
	e.say("")
	e.say("WHAT NEVER HAPPENS")
	e.say("  No request is sent that is not described above, apart from those that ask who the")
	e.say("  caller is, whether the target is the approved one, and what stands there.")
	e.say("  Nothing is stored or deleted, and no credential is minted that could do anything.")
	e.say("  No request is sent twice.")
}
