package probes

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/template"
)

// Technique is how an attempt stays harmless.
type Technique string

// The techniques, in rising order of what they touch.
const (
	Examine       Technique = "examine"
	DryRun        Technique = "dry-run"
	SelfDefeating Technique = "self-defeating"
	Canary        Technique = "canary"
)

// Techniques returns the closed list in rising order.
func Techniques() []Technique { return []Technique{Examine, DryRun, SelfDefeating, Canary} }

// Within reports whether t stays at or below the ceiling. An unknown
// technique is within nothing.
func (t Technique) Within(ceiling Technique) bool {
	i, j := slices.Index(Techniques(), t), slices.Index(Techniques(), ceiling)
	return i >= 0 && j >= 0 && i <= j
}

// Severity is what a finding means. Every one makes the control ineffective.
type Severity string

// The severities, the gravest first.
const (
	Critical Severity = "critical" // it opens other controls, or many targets, or leaves no trace
	High     Severity = "high"     // it changes production, alone
	Medium   Severity = "medium"   // it disturbs production, or shows how to change it
)

// Severities returns the closed list.
func Severities() []Severity { return []Severity{Critical, High, Medium} }

// Probe is one kind of attempt that a working control must refuse. Probes are
// values; a catalog lists them.
type Probe struct {
	// ID is system.resource.verb, as in kubernetes.deployment.patch.
	ID string
	// Title says what is attempted, verb first.
	Title string
	// Why says in one sentence, to an auditor, what it would let a developer do.
	Why string
	// Severity says what it means where it is Permitted, and Fix how that is closed.
	Severity  Severity
	Fix       string
	System    targets.SystemName
	Technique Technique
	// Controls are the controls that the evidence speaks to, as in nist/cm-5.
	Controls []string
	// Attack is the MITRE ATT&CK technique id, as in T1610.
	Attack string
	// Needs are the parameters that an attempt has to give under `with`.
	Needs []Need
	// Allow is what the attempt, positive, negative and same-baseline arms may
	// send, as templates over {scope}, {run} and the parameters.
	Allow []targets.Rule
	// Expect lists the layers whose denial is the control under test.
	Expect []targets.Layer
	// Reached lists the markers of what an authorized caller gets back, as
	// templates over the same values as Allow; Markers fills them in.
	Reached  []string
	Baseline Baseline
	// Request builds the one request that all arms share. Pure.
	Request func(targets.Place, Params) targets.Request
	// Also lists other actions that have the same effect as the probe's own
	// request; nil for none. The attempt's refusal does not speak of them. Pure.
	Also func(targets.Place, targets.Request) []targets.Action
	// Ghost names the action on the real object, where the request has to name
	// one that does not exist; nil where it names the real one. Pure.
	Ghost func(targets.Place, Params) targets.Action
	// Asks names the action that the rules are asked about, where the request's own
	// resource is wider than the one object; nil where it is that one. Pure.
	Asks func(targets.Place, Params) targets.Action
	// Alters names the condition keys that the request alters or omits, beside
	// a real one, and that a policy may decide by.
	Alters []string
	// Carries names, of these, the keys that the request carries as a real one does
	// where the scenario gives the parameter another value than its default.
	Carries map[string]string
	// Bears names the keys of the action that the request always carries as a real
	// one does: a policy that decides by any other key leaves the verdict open.
	Bears []string
	// State builds the reads that show the target exists and did not change.
	// At least one has MustExist. Pure.
	State func(targets.Place, Params) []targets.StateQuery
	// Limits are sentences that stand beside each of the probe's verdicts.
	Limits []string
	// Requires lists what the probe needs beyond what every target and identity of
	// the system has.
	Requires targets.Requirements
	// Null says that the negative arm is the developer's own request, with
	// every right taken away, and not somebody else's.
	Null bool
}

// Markers returns what an authorized caller gets back at that place.
func (p Probe) Markers(place targets.Place, params Params) []string {
	return fillMarkers(p.Reached, params.Vars(place))
}

// fillMarkers fills the templates of markers in.
func fillMarkers(templates []string, vars map[string]string) []string {
	out := make([]string, len(templates))
	for i, marker := range templates {
		out[i] = template.Text(marker, vars)
	}
	return out
}

// Need is one parameter of a probe.
type Need struct {
	Name string
	// Doc says what to give.
	Doc string
	// Example is a value that Valid accepts.
	Example string
	// Elsewhere is an example for the allowed place, where another value is
	// needed there.
	Elsewhere string
	// Pattern is the form of a value, anchored. Values stand in request
	// paths, so it must exclude '%' and '..', and '/' where the value is not
	// escaped.
	Pattern *regexp.Regexp
	// Default is used where the scenario gives nothing; "" means required.
	Default string
}

// Given reports whether a scenario gives the parameter a value of its own.
func (n Need) Given(value string) bool { return value != "" && value != n.Default }

// Valid reports why a value cannot be used.
func (n Need) Valid(value string) error {
	if !n.Pattern.MatchString(value) {
		return fmt.Errorf("%q is not a valid %s: want the form %s, as in %q", value, n.Name, n.Pattern, n.Example)
	}
	return nil
}

// Params are the parameters of one attempt at one place.
type Params struct {
	// With are the values of the probe's Needs, defaults filled in.
	With map[string]string
	// Run is the run's marker, a DNS label such as sodprobe-01k….
	Run string
	// Arm is the mark of the one arm that sends the request, as targets.Mark
	// makes it. What the arm would create or change carries it, so that the
	// state afterwards tells whose change it is.
	Arm string
	// Place are the values of the production place, which bodies may be built of.
	Place map[string]string
	// Developer is the principal of the one developer under test, where what
	// the attempt names has to be that developer's own.
	Developer string
}

// Vars returns the values for a rule's templates at a place.
func (p Params) Vars(place targets.Place) map[string]string {
	vars := place.Vars()
	vars["run"], vars["arm"] = p.Run, p.Arm
	vars["developer"] = p.Developer
	for k, v := range p.With {
		vars[k] = v
	}
	return vars
}

// Baseline shows that the identity can get "reached" where it may.
// The zero value is `same`: the probe's own request at the allowed place.
type Baseline struct {
	// Standing is set where a probe has no allowed place: one harmless
	// request at the allowed place, shared by all probes with that ID. The
	// verdict then carries the limitation place-not-controlled.
	Standing *Standing
}

// Standing is a baseline request that stands for several probes.
type Standing struct {
	ID      string
	Allow   []targets.Rule
	Reached []string
	Request func(targets.Place, Params) targets.Request
	// State builds the reads of what the request needs and could change; nil for
	// none. Pure.
	State func(targets.Place, Params) []targets.StateQuery
}

// Markers returns what the request gets back at that place.
func (s Standing) Markers(place targets.Place, params Params) []string {
	return fillMarkers(s.Reached, params.Vars(place))
}

// Set is an immutable list of probes, sorted by ID.
type Set []Probe

// Find returns the probe with that ID.
func (s Set) Find(id string) (Probe, bool) {
	for _, p := range s {
		if p.ID == id {
			return p, true
		}
	}
	return Probe{}, false
}
