package journal

import (
	"encoding/json"
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// Entry is one line.
type Entry struct {
	V    int             `json:"v"` // always 1
	Seq  int64           `json:"seq"`
	T    time.Time       `json:"t"` // UTC
	Type Type            `json:"type"`
	Run  string          `json:"run"`
	Body json.RawMessage `json:"body"`
}

// Type names the kind of a line, and so the type of its body.
type Type string

// The line types.
const (
	TypeRunStart    Type = "run.start"      // RunStart, always line 0
	TypeRunSigned   Type = "run.signed"     // Signed, always line 1: the operator's signature over line 0
	TypePin         Type = "pin"            // Pin, one per target
	TypeIdentity    Type = "identity"       // IdentityCheck, before and after each batch
	TypeState       Type = "state"          // StateRead, before and after each batch
	TypeReview      Type = "review"         // Review, what the target's rules say of an identity
	TypeIntent      Type = "intent"         // Intent, durable before the request of a mutating arm
	TypeArm         Type = "arm"            // ArmRecord of every arm that ran
	TypeObservation Type = "observation"    // Observation, exactly one per planned attempt
	TypeStop        Type = "stop"           // Stop, when the run stopped admitting arms
	TypeRunEnd      Type = "run.end"        // RunEnd
	TypeRunRecover  Type = "run.recover"    // RunRecover, written by cleanup after a crash
	TypeRecSigned   Type = "recover.signed" // Signed, over the run.recover line
)

// RunStart pre-registers a run before its first request.
type RunStart struct {
	Tool     Tool        `json:"tool"`
	Host     string      `json:"host"`
	Scenario ScenarioRef `json:"scenario"`
	// Documents are the SHA-256, in hex, of every file that was copied beside the
	// journal, by its path: the scenario, its signatures, the trust folder.
	Documents map[string]string `json:"documents"`
	Approval  Approval          `json:"approval"`
	Operator  Principal         `json:"operator"`
	// RunKey is the note verifier key ("NAME+HASH+BASE64") of the run's
	// ephemeral Ed25519 key, which signs the checkpoints.
	RunKey string `json:"run_key"`
	Origin string `json:"origin"`
	// Marker is what everything the run sends carries.
	Marker   string   `json:"marker"`
	Planned  int64    `json:"planned"`
	PlanHash string   `json:"plan_sha256"`
	Targets  []Target `json:"targets"`
	Controls []string `json:"controls"`
	Proxies  []string `json:"proxies,omitempty"`
	// Roots are the variables of the environment that say which certificates are
	// trusted where a target pins none, with the SHA-256 of the file.
	Roots  []string `json:"roots,omitempty"`
	StopOn string   `json:"stop_on"`
	// Rule is the version of the verdict rule, probes.RuleVersion.
	Rule int `json:"rule,omitempty"`
	// Lab marks simulated evidence: it proves nothing about any real system.
	Lab bool `json:"lab,omitempty"`
}

// Target names a target of a run. What pins it stands in the scenario.
type Target struct {
	ID     string             `json:"id"`
	System targets.SystemName `json:"system"`
}

// Tool is this program.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	SHA256  string `json:"sha256,omitempty"`
}

// ScenarioRef names the approved file by its exact bytes.
type ScenarioRef struct {
	ID       string `json:"id"`
	Revision int    `json:"revision"`
	Title    string `json:"title"`
	SHA256   string `json:"sha256"`
	Ticket   string `json:"ticket"`
}

// Approval is what was verified before the run, at T = the run's start.
type Approval struct {
	Signatures       []Signature `json:"signatures"`
	Threshold        int         `json:"threshold"`
	TrustVersion     int         `json:"trust_version"`
	TrustSHA256      string      `json:"trust_sha256"`
	RootFingerprints []string    `json:"root_fingerprints"`
	VerifiedAt       time.Time   `json:"verified_at"`
	NotBefore        time.Time   `json:"not_before"`
	NotAfter         time.Time   `json:"not_after"`
}

// Signature is one verified signature.
type Signature struct {
	Role        string `json:"role"` // author, approve
	Principal   string `json:"principal"`
	Person      string `json:"person"`
	KeyType     string `json:"key_type"`
	Fingerprint string `json:"fingerprint"`
	File        string `json:"file"`
	SHA256      string `json:"sha256"`
}

// Principal is a signer and the key used.
type Principal struct {
	Principal   string `json:"principal"`
	Person      string `json:"person"`
	KeyType     string `json:"key_type"`
	Fingerprint string `json:"fingerprint"`
}

// Signed carries an armored SSHSIG over the exact bytes, with newline, of the
// line at Seq.
type Signed struct {
	Seq       int64  `json:"seq"`
	Namespace string `json:"namespace"`
	Signature string `json:"signature"`
}

// Pin is the comparison of a live target with the approved one.
type Pin struct {
	Target string `json:"target"`
	targets.Pin
}

// IdentityCheck is one whoami.
type IdentityCheck struct {
	ID       string `json:"id"`
	When     string `json:"when"` // before, after
	Target   string `json:"target"`
	Identity string `json:"identity"`
	targets.Whoami
}

// StateRead is one read of what attempts would change, by the observer.
type StateRead struct {
	ID        string `json:"id"`
	When      string `json:"when"` // before, after
	Target    string `json:"target"`
	Observer  string `json:"observer"`
	Key       string `json:"key"` // what was read: METHOD path
	MustExist bool   `json:"must_exist,omitempty"`
	targets.StateRead
}

// Review is what the target's own rules say of an identity. Predictions are
// read from it.
type Review struct {
	ID       string           `json:"id"`
	Target   string           `json:"target"`
	Identity string           `json:"identity"`
	Review   targets.Review   `json:"review"`
	Exchange targets.Exchange `json:"exchange"`
}

// Intent announces a mutating request. It is durable before the request.
type Intent struct {
	ID  string      `json:"id"` // the arm's id; Kubernetes: Audit-ID
	Arm targets.Arm `json:"arm"`
	// N is the planned attempt's number for the attempt arm and its own
	// baseline, -1 for a shared arm.
	N        int64  `json:"n"`
	Probe    string `json:"probe"`
	Target   string `json:"target"`
	Identity string `json:"identity"`
}

// ArmRecord is one request of the experiment and what it means.
type ArmRecord struct {
	ID       string            `json:"id"`
	Arm      targets.Arm       `json:"arm"`
	N        int64             `json:"n"`
	Probe    string            `json:"probe"`
	Target   string            `json:"target"`
	Identity string            `json:"identity"`
	Place    targets.PlaceKind `json:"place"`
	// Null says that every right was taken away.
	Null bool `json:"null,omitempty"`
	// Case is what the classifier saw.
	Case     targets.Case     `json:"case"`
	Response targets.Response `json:"response"`
}

// Observation ends one planned attempt.
type Observation struct {
	N        int64            `json:"n"`
	Probe    string           `json:"probe"`
	Target   string           `json:"target"`
	Identity string           `json:"identity"`
	Fidelity targets.Fidelity `json:"fidelity,omitempty"`
	Controls []string         `json:"controls"`

	// Arms is what the verdict rule saw, Refs where each cell stands in the
	// journal: arm name, or identity_before, identity_after, state_before,
	// state_after, exists, prediction -> ids of the lines. Those of exists are
	// reads of what else the attempt needs, as at the allowed place.
	Arms probes.Arms         `json:"arms"`
	Refs map[string][]string `json:"refs,omitempty"`

	// Response is the attempt's.
	Response targets.Response `json:"response"`
	probes.Judgement
	// Limitations stand beside the outcome: place-not-controlled,
	// block-not-shown-identity-specific, …
	Limitations []string `json:"limitations,omitempty"`
	// Predicted is the design side's answer of the real action.
	Predicted targets.Opinion `json:"predicted,omitempty"`
	// Disagreement is set where the attempt and the design differ.
	Disagreement string `json:"disagreement,omitempty"`
	// NotRunBecause is set with NotRun.
	NotRunBecause string `json:"not_run_because,omitempty"`
}

// Stop says when and why the run stopped admitting arms.
type Stop struct {
	Reason StopReason `json:"reason"`
	Detail string     `json:"detail,omitempty"`
}

// RunEnd closes a run.
type RunEnd struct {
	Status   Status                   `json:"status"`
	Counts   map[probes.Outcome]int64 `json:"counts"`
	Requests int64                    `json:"requests"`
	Verdict  probes.Verdict           `json:"verdict"`
}

// RunRecover closes a run that crashed.
type RunRecover struct {
	// Tool is the program that closes the record and writes its report.
	Tool       Tool      `json:"tool"`
	Operator   Principal `json:"operator"`
	RunKey     string    `json:"run_key"`
	TornBytes  int       `json:"torn_bytes"`
	TornSHA256 string    `json:"torn_sha256,omitempty"`
}
