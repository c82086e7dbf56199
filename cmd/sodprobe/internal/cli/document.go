package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/engine"
)

// pinnedRoot is where an installation keeps the trust root, outside the
// operator's reach. Where it exists, no other root is accepted.
const pinnedRoot = "/etc/sodprobe/trust_root"

// document is a scenario as it lies on disk, with what stands beside it.
type document struct {
	path       string
	data       []byte
	scenario   *scenarios.Scenario
	trust      *approval.Trust
	trustDir   string
	root       []byte // the pinned root, nil where none is known
	signatures map[string][]byte
}

// documentFlags say where the trust is.
type documentFlags struct {
	trust     string
	trustRoot string
}

func (f *documentFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.trust, "trust", "", "trust folder (default: trust, beside the scenario)")
	cmd.Flags().StringVar(&f.trustRoot, "trust-root", "", "file with the pinned root keys (default: "+pinnedRoot+")")
}

// read loads the scenario by its own rules only: what lint needs at least.
func (a *app) read(path string) (*document, error) {
	data, err := readRegular(path)
	if err != nil {
		return nil, usagef("read the scenario: %w", err)
	}
	s, err := scenarios.Load(path, data, scenarios.Options{Set: a.catalog, Systems: a.systems})
	if err != nil {
		return nil, err
	}
	return &document{path: path, data: data, scenario: s}, nil
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

// load reads a scenario's trust folder and signatures. Nothing of the
// approval is decided here.
func (f documentFlags) load(d *document) (err error) {
	d.trustDir = f.trust
	if d.trustDir == "" {
		d.trustDir = filepath.Join(filepath.Dir(d.path), "trust")
	}
	if d.trust, err = approval.LoadTrust(os.DirFS(d.trustDir)); err != nil {
		return &failure{exitRefused, fmt.Errorf("load the trust folder %s: %w", d.trustDir, err)}
	}
	if d.root, err = pinned(f.trustRoot); err != nil {
		return err
	}
	d.signatures, err = readSignatures(d.path + ".sigs")
	return err
}

// pinned reads the trust root. The installation's own file wins over a flag
// that says otherwise.
func pinned(flag string) ([]byte, error) {
	installed, err := os.ReadFile(pinnedRoot)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, refusedf("read the installed trust root: %w", err)
	}
	if flag == "" {
		return installed, nil
	}
	given, err := os.ReadFile(flag) //nolint:gosec // the user names the trust root
	if err != nil {
		return nil, usagef("read the trust root: %w", err)
	}
	if installed != nil && string(installed) != string(given) {
		return nil, refusedf("%s differs from the installed trust root %s: leave --trust-root out, or ask who keeps that file", flag, pinnedRoot)
	}
	return given, nil
}

// readSignatures reads the detached signatures beside a scenario. A missing
// folder holds none.
func readSignatures(dir string) (map[string][]byte, error) {
	out := map[string][]byte{}
	if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
		return nil, usagef("list the signatures: %s is no folder: put the folder itself there", dir)
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

// approve verifies root, trust and approval as of a moment.
func (d *document) approve(operator string, at time.Time) (journal.Approval, error) {
	if d.root == nil {
		return journal.Approval{}, refusedf("no trust root is pinned: give --trust-root FILE, or install %s", pinnedRoot)
	}
	roots, err := d.trust.VerifyRoot(d.root, at)
	if err != nil {
		return journal.Approval{}, err
	}
	got, err := d.signed(operator, at)
	got.RootFingerprints = roots
	return got, err
}

// signed verifies the approval under the trust folder as it is, without a
// pinned root: consistency, not authority.
func (d *document) signed(operator string, at time.Time) (journal.Approval, error) {
	return approval.Verify(approval.Request{
		Scenario: d.data, Parsed: d.scenario, Signatures: d.signatures,
		Trust: d.trust, Operator: operator, At: at,
	})
}

// files are all files that were approved, or say who could, by their path in a
// run's folder.
func (d *document) files() map[string][]byte {
	out := map[string][]byte{"scenario.yaml": d.data}
	for name, sig := range d.signatures {
		out["scenario.yaml.sigs/"+name] = sig
	}
	for name, data := range d.trust.Files() {
		out["trust/"+name] = data
	}
	return out
}

// registers is what a run of that name registers, as far as it follows from what
// was approved.
func (d *document) registers(plan *engine.Plan, approved journal.Approval, run string) journal.RunStart {
	s := d.scenario
	sums := map[string]string{}
	for name, data := range d.files() {
		sums[name] = strings.TrimPrefix(digest(data), "sha256:")
	}
	return journal.RunStart{
		Scenario: journal.ScenarioRef{
			ID: s.Metadata.ID, Revision: s.Metadata.Revision, Title: s.Metadata.Title, SHA256: sums["scenario.yaml"],
			Ticket: s.Authorization.ChangeTicket,
		},
		Documents: sums, Approval: approved, Origin: d.trust.Policy.Origin, Marker: "sodprobe-" + run,
		Planned: plan.Len(), PlanHash: plan.Digest(), Targets: targetsOf(plan),
		Controls: s.Controls, StopOn: s.Rules.StopOn, Rule: probes.RuleVersion, Lab: d.trust.Policy.Lab,
	}
}

// targetsOf names the targets of a plan.
func targetsOf(plan *engine.Plan) []journal.Target {
	var out []journal.Target
	for _, t := range plan.Targets() {
		out = append(out, journal.Target{ID: t.ID, System: t.System()})
	}
	return out
}
