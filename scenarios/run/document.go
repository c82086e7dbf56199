package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/engine"
)

// PinnedRoot is where an installation keeps the trust root, outside the
// operator's reach. Where it exists, no other root is accepted.
const PinnedRoot = "/etc/sodprobe/trust_root"

// Document is a scenario as it lies on disk, with what stands beside it.
type Document struct {
	Path string
	Data []byte
	// Digest is scenarios.Digest of Data.
	Digest   string
	Scenario *scenarios.Scenario
	// Trust, Root and Signatures are nil until LoadTrust.
	Trust    *approval.Trust
	TrustDir string
	// Root is the pinned root, nil where none is known.
	Root       []byte
	Signatures map[string][]byte
}

// Read reads a scenario by its own rules only, and nothing of its approval.
func Read(path string, o scenarios.Options) (*Document, error) {
	data, err := readRegular(path)
	if err != nil {
		return nil, misused("read the scenario: %w", err)
	}
	s, err := scenarios.Load(path, data, o)
	if err != nil {
		return nil, err
	}
	return &Document{Path: path, Data: data, Digest: scenarios.Digest(data), Scenario: s}, nil
}

// LoadTrust reads the trust folder and the signatures; "" for dir is the folder
// trust beside the scenario, and "" for root the installation's. Nothing of the
// approval is decided here.
func (d *Document) LoadTrust(dir, root string) (err error) {
	d.TrustDir = dir
	if d.TrustDir == "" {
		d.TrustDir = filepath.Join(filepath.Dir(d.Path), "trust")
	}
	if d.Trust, err = approval.LoadTrust(os.DirFS(d.TrustDir)); err != nil {
		return refused("load the trust folder %s: %w", d.TrustDir, err)
	}
	if d.Root, err = Pinned(root); err != nil {
		return err
	}
	d.Signatures, err = readSignatures(d.Path + ".sigs")
	return err
}

// Packaged reads the scenario of a run's folder, and what was copied there beside it.
// It trusts none of them.
func Packaged(dir string, o scenarios.Options) (*Document, error) {
	path := filepath.Join(dir, "scenario.yaml")
	data, err := readRegular(path)
	if err != nil {
		return nil, misused("read the run's scenario: %w", err)
	}
	s, err := scenarios.Load(path, data, o)
	if err != nil {
		return nil, &Error{Unverified, err}
	}
	d := &Document{Path: path, Data: data, Digest: scenarios.Digest(data), Scenario: s, TrustDir: filepath.Join(dir, "trust")}
	if d.Trust, err = approval.LoadTrust(os.DirFS(d.TrustDir)); err != nil {
		return nil, &Error{Unverified, fmt.Errorf("load the run's trust folder: %w", err)}
	}
	d.Signatures, err = readSignatures(path + ".sigs")
	return d, err
}

// Pinned reads a trust root. The installation's own file wins over one that says
// otherwise; nil where there is neither.
func Pinned(path string) ([]byte, error) {
	installed, err := os.ReadFile(PinnedRoot)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, refused("read the installed trust root: %w", err)
	}
	if path == "" {
		return installed, nil
	}
	given, err := os.ReadFile(path) //nolint:gosec // the user names the trust root
	if err != nil {
		return nil, misused("read the trust root: %w", err)
	}
	if installed != nil && string(installed) != string(given) {
		return nil, refused("%s differs from the installed trust root %s: leave --trust-root out, or ask who keeps that file", path, PinnedRoot)
	}
	return given, nil
}

// readRegular reads a file that is one. What a link leads to may be another file
// when it is read again.
func readRegular(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file: put the file itself there", path)
	}
	return os.ReadFile(path) //nolint:gosec // the user names the scenario's folder
}

// readSignatures reads the detached signatures beside a scenario. A missing
// folder holds none.
func readSignatures(dir string) (map[string][]byte, error) {
	out := map[string][]byte{}
	if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
		return nil, misused("list the signatures: %s is no folder: put the folder itself there", dir)
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the signatures: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".sig") {
			continue
		}
		data, err := readRegular(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read a signature: %w", err)
		}
		out[e.Name()] = data
	}
	return out, nil
}

// Approve verifies root, trust and approval as of a moment.
func (d *Document) Approve(operator string, at time.Time) (journal.Approval, error) {
	if d.Root == nil {
		return journal.Approval{}, refused("no trust root is pinned: give --trust-root FILE, or install %s", PinnedRoot)
	}
	roots, err := d.Trust.VerifyRoot(d.Root, at)
	if err != nil {
		return journal.Approval{}, err
	}
	got, err := d.Signed(operator, at)
	got.RootFingerprints = roots
	return got, err
}

// Signed verifies the approval under the trust folder as it is, without a
// pinned root: consistency, not authority.
func (d *Document) Signed(operator string, at time.Time) (journal.Approval, error) {
	return approval.Verify(approval.Request{
		Scenario: d.Data, Parsed: d.Scenario, Signatures: d.Signatures,
		Trust: d.Trust, Operator: operator, At: at,
	})
}

// Withdrawn looks for a withdrawal of the approval, and says where. What cannot be
// looked up counts as one.
func (d *Document) Withdrawn() (string, bool) {
	found, err := approval.IsWithdrawn(os.DirFS(d.TrustDir), d.Digest)
	switch {
	case err != nil:
		return fmt.Sprintf("whether it was withdrawn cannot be read in %s: %v", d.TrustDir, err), true
	case found:
		return "a note in " + filepath.Join(d.TrustDir, "withdrawn") + " names it", true
	}
	return "", false
}

// Files are all files that were approved, or say who could, by their path in a
// run's folder.
func (d *Document) Files() map[string][]byte {
	out := map[string][]byte{"scenario.yaml": d.Data}
	for name, sig := range d.Signatures {
		out["scenario.yaml.sigs/"+name] = sig
	}
	for name, data := range d.Trust.Files() {
		out["trust/"+name] = data
	}
	return out
}

// Registers is what a run of that id registers, as far as it follows from what
// was approved.
func (d *Document) Registers(plan *engine.Plan, approved journal.Approval, id string) journal.RunStart {
	s := d.Scenario
	sums := map[string]string{}
	for name, data := range d.Files() {
		sums[name] = strings.TrimPrefix(scenarios.Digest(data), "sha256:")
	}
	return journal.RunStart{
		Scenario: journal.ScenarioRef{
			ID: s.Metadata.ID, Revision: s.Metadata.Revision, Title: s.Metadata.Title, SHA256: sums["scenario.yaml"],
			Ticket: s.Authorization.ChangeTicket,
		},
		Documents: sums, Approval: approved, Origin: d.Trust.Policy.Origin, Marker: Marker(id),
		Planned: plan.Len(), PlanHash: plan.Digest(), Targets: targetsOf(plan),
		Controls: s.Controls, StopOn: s.Rules.StopOn, Rule: probes.RuleVersion, Lab: d.Trust.Policy.Lab,
	}
}

// Marker is what everything that a run sends carries.
func Marker(id string) string { return "sodprobe-" + id }

// targetsOf names the targets of a plan.
func targetsOf(plan *engine.Plan) []journal.Target {
	var out []journal.Target
	for _, t := range plan.Targets() {
		out = append(out, journal.Target{ID: t.ID, System: t.System()})
	}
	return out
}
