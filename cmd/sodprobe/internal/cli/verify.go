package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/probes/catalog"
	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/engine"
)

func (a *app) verifyCommand() *cobra.Command {
	var root string
	var out output
	cmd := &cobra.Command{
		Use:   "verify DIR",
		Short: "Verify a run's evidence: signatures, tree, every class, every verdict",
		Long: `verify repeats every check on a run's folder, without a network: the approval
as of the run's start, the operator's signature, the tree over the journal
against both checkpoints, each class from its recorded exchange, each verdict
from its recorded arms.

Without --trust-root it checks consistency only, and prints the fingerprints
of the root keys to compare with those that were given to you on another way.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.verify(args[0], root, out) },
	}
	cmd.Flags().StringVar(&root, "trust-root", "", "file with the pinned root keys (default: "+pinnedRoot+")")
	out.flag(cmd)
	return cmd
}

// packaged is a run's folder with the documents that were copied into it.
type packaged struct {
	dir string
	doc *document
}

// openPackage reads a run's documents. It trusts none of them yet.
func openPackage(dir, root string) (*packaged, error) {
	d, err := packagedDocument(dir)
	if err != nil {
		return nil, err
	}
	if d.root, err = pinned(root); err != nil {
		return nil, err
	}
	return &packaged{dir, d}, nil
}

// packagedDocument reads the scenario of a run's folder, and what stands beside it.
func packagedDocument(dir string) (*document, error) {
	path := filepath.Join(dir, "scenario.yaml")
	data, err := readRegular(path)
	if err != nil {
		return nil, usagef("read the run's scenario: %w", err)
	}
	s, err := scenarios.Load(path, data, scenarios.Options{Set: catalog.All()})
	if err != nil {
		return nil, &failure{exitUnverified, err}
	}
	d := &document{path: path, data: data, scenario: s, trustDir: filepath.Join(dir, "trust")}
	if d.trust, err = approval.LoadTrust(os.DirFS(d.trustDir)); err != nil {
		return nil, &failure{exitUnverified, fmt.Errorf("load the run's trust folder: %w", err)}
	}
	d.signatures, err = readSignatures(path + ".sigs")
	return d, err
}

// reapprove repeats the approval as of the run's start and compares it with
// what the run recorded.
func (p *packaged) reapprove(start journal.RunStart) error {
	d := p.doc
	if got := strings.TrimPrefix(digest(d.data), "sha256:"); got != start.Scenario.SHA256 {
		return fmt.Errorf("scenario.yaml has the SHA-256 %s, the run recorded %s", got, start.Scenario.SHA256)
	}
	if start.Lab != d.trust.Policy.Lab {
		return fmt.Errorf("the run says lab: %t, its policy says lab: %t", start.Lab, d.trust.Policy.Lab)
	}
	if got := d.trust.Digest(); got != start.Approval.TrustSHA256 {
		return fmt.Errorf("the trust folder has the SHA-256 %s, the run recorded %s", got, start.Approval.TrustSHA256)
	}
	plan, err := engine.NewPlan(d.scenario, catalog.All())
	if err != nil {
		return err
	}
	if plan.Digest() != start.PlanHash || plan.Len() != start.Planned {
		return fmt.Errorf(
			"the scenario plans %d attempts with the digest %s, the run recorded %d with %s: this version of sodprobe has another catalog, or the record is wrong",
			plan.Len(),
			plan.Digest(),
			start.Planned,
			start.PlanHash,
		)
	}
	if d.root == nil {
		_, err = d.signed(start.Operator.Principal, start.Approval.VerifiedAt)
		return err
	}
	_, err = d.approve(start.Operator.Principal, start.Approval.VerifiedAt)
	return err
}

// planned looks up what the scenario plans, by the attempt's number.
func (p *packaged) planned() (func(int64, string) (reports.Planned, bool), error) {
	plan, err := engine.NewPlan(p.doc.scenario, catalog.All())
	if err != nil {
		return nil, err
	}
	all := map[int64]engine.Planned{}
	for x := range plan.All() {
		all[x.N] = x
	}
	return func(n int64, marker string) (reports.Planned, bool) {
		x, ok := all[n]
		if !ok {
			return reports.Planned{}, false
		}
		state, needs := x.Item.Keys(marker)
		return reports.Planned{Observation: engine.Unobserved(x, marker), State: state, Needs: needs}, true
	}, nil
}

func (a *app) verify(dir, root string, out output) error {
	p, err := openPackage(dir, root)
	if err != nil {
		return err
	}
	planned, err := p.planned()
	if err != nil {
		return err
	}
	got, err := reports.Verify(os.DirFS(dir), reports.Verifier{
		Classify: classifiers(),
		Oracles:  oracles(),
		Planned:  planned,
		Approve:  p.reapprove,
		Operator: func(line, signature []byte, operator journal.Principal, start journal.RunStart) error {
			got, err := approval.VerifyOperator(p.doc.trust, line, signature, operator.Principal, start.Approval.VerifiedAt)
			if err == nil && got != operator {
				err = fmt.Errorf("it is by %s, the record names %s", got.Fingerprint, operator.Fingerprint)
			}
			return err
		},
	})
	if err != nil {
		return &failure{exitUnverified, fmt.Errorf("%s does not verify: %w", dir, err)}
	}
	if out.json() {
		return a.printJSON(got)
	}
	return a.printVerified(p, got)
}

func (a *app) printVerified(p *packaged, got *reports.Verification) error {
	lab := ""
	if got.Recovered {
		lab = "RECOVERED: the run was killed, and its record closed afterwards\n"
	}
	if got.Start.Lab {
		lab += "LAB EVIDENCE: it proves nothing about a real system\n"
	}
	root := "the approval is signed under the pinned root"
	if p.doc.root == nil {
		root = "no root was pinned: compare these fingerprints with those given to you on another way"
	}
	_, err := fmt.Fprintf(a.stdout, `%s%s verifies
  run        %s, %d lines, %d attempts
  approval   as of %s; %s
  root keys  %s
  journal    root sha256 %x
  verdict    %s, recomputed
`, lab, p.dir, got.Run, got.Lines, got.Counts.Len(), got.Start.Approval.VerifiedAt.Format("2006-01-02 15:04:05Z"), root,
		strings.Join(p.doc.trust.RootFingerprints(), " "), got.Root[:], got.Verdict)
	return err
}
