package formats

import (
	"time"

	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/journal"
)

// Results is results.json: what a run says, for machines. It names every attempt; the
// requests and answers themselves stand in the journal.
type Results struct {
	Schema    string    `json:"schema" jsonschema:"required,enum=sodprobe.results/v1"`
	Run       string    `json:"run" jsonschema:"required"`
	Lab       bool      `json:"lab,omitempty" jsonschema_description:"simulated evidence, which proves nothing about a real system"`
	Started   time.Time `json:"started" jsonschema:"required"`
	Ended     time.Time `json:"ended" jsonschema:"required"`
	Status    string    `json:"status" jsonschema:"required"`
	Stopped   *Stopped  `json:"stopped,omitempty"`
	Recovered bool      `json:"recovered,omitempty" jsonschema_description:"the run was killed, and its record closed afterwards"`

	Program    Program    `json:"program" jsonschema:"required"`
	Scenario   Scenario   `json:"scenario" jsonschema:"required"`
	Approval   Approval   `json:"approval" jsonschema:"required"`
	Operator   Person     `json:"operator" jsonschema:"required"`
	Planned    int64      `json:"planned" jsonschema:"required"`
	PlanSHA256 string     `json:"plan_sha256" jsonschema:"required"`
	Rule       int        `json:"rule" jsonschema:"required" jsonschema_description:"the version of the verdict rule"`
	Targets    []Target   `json:"targets" jsonschema:"required"`
	Verdict    string     `json:"verdict" jsonschema:"required,enum=effective,enum=ineffective,enum=inconclusive"`
	Scope      string     `json:"scope" jsonschema:"required"`
	Counts     Counts     `json:"counts" jsonschema:"required"`
	Requests   int64      `json:"requests" jsonschema:"required"`
	Controls   []Control  `json:"controls" jsonschema:"required"`
	Probes     []Probe    `json:"probes" jsonschema:"required"`
	Identities []Identity `json:"identities" jsonschema:"required"`
	Attempts   []Attempt  `json:"attempts" jsonschema:"required"`
}

// Stopped says why a run ended early.
type Stopped struct {
	Reason string `json:"reason" jsonschema:"required"`
	Detail string `json:"detail,omitempty"`
}

// Program is the one that ran.
type Program struct {
	Name    string `json:"name" jsonschema:"required"`
	Version string `json:"version" jsonschema:"required"`
	SHA256  string `json:"sha256" jsonschema:"required"`
}

// Scenario is what was approved.
type Scenario struct {
	ID       string `json:"id" jsonschema:"required"`
	Revision int    `json:"revision" jsonschema:"required"`
	Title    string `json:"title" jsonschema:"required"`
	SHA256   string `json:"sha256" jsonschema:"required"`
	Ticket   string `json:"ticket" jsonschema:"required"`
}

// Approval is who approved it, and for when.
type Approval struct {
	Signatures []Signature `json:"signatures" jsonschema:"required"`
	Threshold  int         `json:"threshold" jsonschema:"required"`
	Roots      []string    `json:"roots" jsonschema:"required" jsonschema_description:"the fingerprints of the keys that the trust rests on"`
	NotBefore  time.Time   `json:"not_before" jsonschema:"required"`
	NotAfter   time.Time   `json:"not_after" jsonschema:"required"`
}

// Signature is one person's under the scenario.
type Signature struct {
	Role string `json:"role" jsonschema:"required"`
	Person
}

// Person is somebody with a key.
type Person struct {
	Principal   string `json:"principal" jsonschema:"required"`
	Person      string `json:"person" jsonschema:"required"`
	KeyType     string `json:"key_type" jsonschema:"required"`
	Fingerprint string `json:"fingerprint" jsonschema:"required"`
}

// Target is one system under test, as it was found.
type Target struct {
	ID       string `json:"id" jsonschema:"required"`
	System   string `json:"system" jsonschema:"required"`
	Approved bool   `json:"approved" jsonschema:"required" jsonschema_description:"it was shown to be the approved one"`
	Problem  string `json:"problem,omitempty"`
	Server   string `json:"server,omitempty"`
	Version  string `json:"version,omitempty"`
	Edition  string `json:"edition,omitempty"`
	Harness  string `json:"harness,omitempty" jsonschema_description:"the prober's own principal there"`
}

// Counts are attempts by their outcome.
type Counts struct {
	Blocked      int64 `json:"blocked" jsonschema:"required"`
	Permitted    int64 `json:"permitted" jsonschema:"required"`
	Inconclusive int64 `json:"inconclusive" jsonschema:"required"`
	NotRun       int64 `json:"not_run" jsonschema:"required"`
}

// Control is the result for one control of the scenario.
type Control struct {
	ID      string `json:"id" jsonschema:"required"`
	Verdict string `json:"verdict" jsonschema:"required,enum=effective,enum=ineffective,enum=inconclusive"`
	Counts  Counts `json:"counts" jsonschema:"required"`
}

// Probe is the result of one probe at one target, over all identities.
type Probe struct {
	Probe  string   `json:"probe" jsonschema:"required"`
	Target string   `json:"target" jsonschema:"required"`
	Counts Counts   `json:"counts" jsonschema:"required"`
	Layers []string `json:"layers,omitempty" jsonschema_description:"the controls that blocked"`
}

// Identity is the result of one identity, over all probes and targets.
type Identity struct {
	Identity string `json:"identity" jsonschema:"required"`
	Fidelity string `json:"fidelity,omitempty"`
	Counts   Counts `json:"counts" jsonschema:"required"`
}

// Attempt is one planned attempt, and what became of it.
type Attempt struct {
	N             int64    `json:"n" jsonschema:"required"`
	Line          int64    `json:"line" jsonschema:"required" jsonschema_description:"where it stands in journal.jsonl, from 1"`
	Probe         string   `json:"probe" jsonschema:"required"`
	Target        string   `json:"target" jsonschema:"required"`
	Identity      string   `json:"identity" jsonschema:"required"`
	Fidelity      string   `json:"fidelity,omitempty"`
	Technique     string   `json:"technique,omitempty"`
	Controls      []string `json:"controls" jsonschema:"required"`
	Outcome       string   `json:"outcome" jsonschema:"required,enum=Blocked,enum=Permitted,enum=Inconclusive,enum=NotRun"`
	Reason        string   `json:"reason" jsonschema:"required"`
	Because       string   `json:"because" jsonschema:"required" jsonschema_description:"the outcome in a sentence"`
	Urgent        bool     `json:"urgent,omitempty" jsonschema_description:"somebody has to look at it now"`
	Missing       []string `json:"missing,omitempty" jsonschema_description:"the arms that did not hold"`
	Open          []string `json:"open,omitempty" jsonschema_description:"what the target's own rules allow"`
	NotRunBecause string   `json:"not_run_because,omitempty"`
	Predicted     string   `json:"predicted,omitempty"`
	Disagreement  string   `json:"disagreement,omitempty"`
	Limitations   []string `json:"limitations,omitempty"`
	Response      Response `json:"response" jsonschema:"required"`
	Arms          []Arm    `json:"arms,omitempty"`
}

// Response is what an answer means.
type Response struct {
	Class  string `json:"class,omitempty"`
	Layer  string `json:"layer,omitempty"`
	By     string `json:"by,omitempty"`
	Deny   string `json:"deny,omitempty"`
	Reason string `json:"reason,omitempty"`
	Advice string `json:"advice,omitempty"`
}

// Arm is one request of the experiment. Its exchange stands in the journal under ID.
type Arm struct {
	ID       string     `json:"id" jsonschema:"required"`
	Arm      string     `json:"arm" jsonschema:"required"`
	Identity string     `json:"identity" jsonschema:"required"`
	Place    string     `json:"place" jsonschema:"required"`
	At       *time.Time `json:"at,omitempty"`
	Method   string     `json:"method,omitempty"`
	URL      string     `json:"url,omitempty"`
	Status   int        `json:"status,omitempty"`
	Response Response   `json:"response" jsonschema:"required"`
}

// resultsOf is everything but the attempts.
func resultsOf(r *reports.Report) Results {
	s := r.Start
	out := Results{
		Schema: "sodprobe.results/v1", Run: r.Run, Lab: r.Lab, Started: r.Started, Ended: r.Ended,
		Status: string(r.Status), Recovered: r.Recovered,
		Program:  Program(s.Tool),
		Scenario: Scenario(s.Scenario),
		Approval: Approval{
			Signatures: []Signature{}, Threshold: s.Approval.Threshold, Roots: s.Approval.RootFingerprints,
			NotBefore: s.Approval.NotBefore, NotAfter: s.Approval.NotAfter,
		},
		Operator: Person(s.Operator),
		Planned:  s.Planned, PlanSHA256: s.PlanHash, Rule: s.Rule, Targets: targetsOf(r), Verdict: r.Verdict.String(), Scope: r.Scope,
		Counts: Counts(r.Counts), Requests: r.Requests, Controls: []Control{}, Probes: []Probe{}, Identities: []Identity{},
	}
	if r.Stopped != nil {
		out.Stopped = &Stopped{Reason: string(r.Stopped.Reason), Detail: r.Stopped.Detail}
	}
	for _, x := range s.Approval.Signatures {
		out.Approval.Signatures = append(out.Approval.Signatures, Signature{x.Role, Person{x.Principal, x.Person, x.KeyType, x.Fingerprint}})
	}
	for _, x := range r.Controls {
		out.Controls = append(out.Controls, Control{x.ID, x.Verdict.String(), Counts(x.Counts)})
	}
	for _, x := range r.Probes {
		out.Probes = append(out.Probes, Probe{x.Probe, x.Target, Counts(x.Counts), texts(x.Layers)})
	}
	for _, x := range r.Identities {
		out.Identities = append(out.Identities, Identity{x.Identity, string(x.Fidelity), Counts(x.Counts)})
	}
	return out
}

// targetsOf are the targets with what was found of them.
func targetsOf(r *reports.Report) []Target {
	out := []Target{}
	for _, t := range r.Start.Targets {
		x := Target{ID: t.ID, System: string(t.System)}
		for _, pin := range r.Pins {
			if pin.Target == t.ID {
				x.Approved, x.Problem, x.Server = pin.OK, pin.Problem, pin.Server
				x.Version, x.Edition, x.Harness = pin.Version, pin.Edition, pin.Harness
			}
		}
		out = append(out, x)
	}
	return out
}

// attemptOf is one attempt.
func attemptOf(a reports.Attempt) Attempt {
	out := Attempt{
		N: a.N, Line: a.Line, Probe: a.Probe, Target: a.Target, Identity: a.Identity, Fidelity: string(a.Fidelity),
		Technique: string(a.Arms.Technique), Controls: a.Controls, Outcome: a.Outcome.String(), Reason: string(a.Reason),
		Because: reports.Because(a), Urgent: a.Urgent, Missing: a.Missing, Open: a.Open, NotRunBecause: a.NotRunBecause,
		Predicted: string(a.Predicted), Disagreement: a.Disagreement, Limitations: a.Limitations, Response: responseOf(a.Response),
	}
	for _, arm := range a.Evidence {
		out.Arms = append(out.Arms, armOf(arm))
	}
	return out
}

func armOf(a journal.ArmRecord) Arm {
	out := Arm{
		ID: a.ID, Arm: string(a.Arm), Identity: a.Identity, Place: string(a.Place),
		Status: a.Case.Exchange.Status, Response: responseOf(a.Response),
	}
	if sent := a.Case.Exchange.Sent; sent != nil {
		out.At, out.Method, out.URL = &sent.At, sent.Method, sent.URL
	}
	return out
}
