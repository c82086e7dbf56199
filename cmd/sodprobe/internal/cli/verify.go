package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sodprobe/sodprobe/reports"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/scenarios/run"
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
of the root keys to compare with those that were given to you through a separate channel.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.verify(cmd.Context(), args[0], root, out) },
	}
	cmd.Flags().StringVar(&root, "trust-root", "", "file with the pinned root keys (default: "+run.PinnedRoot+")")
	out.flag(cmd)
	return cmd
}

// packaged is a run's folder with the documents that were copied into it.
type packaged struct {
	app *app
	dir string
	doc *run.Document
}

// openPackage reads a run's documents. It trusts none of them yet.
func (a *app) openPackage(dir, root string) (*packaged, error) {
	d, err := run.Packaged(dir, a.options())
	if err != nil {
		return nil, err
	}
	if d.Root, err = run.Pinned(root); err != nil {
		return nil, err
	}
	return &packaged{a, dir, d}, nil
}

// reapprove repeats the approval as of the run's start, and compares all that the
// run registered with what follows from it.
func (p *packaged) reapprove(id string, start journal.RunStart) error {
	d := p.doc
	if start.Lab != d.Trust.Policy.Lab {
		return fmt.Errorf("the run says lab: %t, its policy says lab: %t", start.Lab, d.Trust.Policy.Lab)
	}
	plan, err := engine.NewPlan(d.Scenario, p.app.catalog)
	if err != nil {
		return err
	}
	approve := d.Approve
	if d.Root == nil {
		approve = d.Signed
	}
	approved, err := approve(start.Operator.Principal, start.Approval.VerifiedAt)
	if err != nil {
		return err
	}
	if d.Root == nil { // which of them was pinned, nobody says here
		approved.RootFingerprints = start.Approval.RootFingerprints
		for _, print := range approved.RootFingerprints {
			if !slices.Contains(d.Trust.RootFingerprints(), print) {
				return fmt.Errorf("the run says that the root key %s signed the trust folder, and it did not", print)
			}
		}
	}
	if !d.Trust.RootsHold() {
		return errors.New("a signature of the trust folder does not hold")
	}
	want := d.Registers(plan, approved, id)
	if start.Rule < 1 || start.Rule > want.Rule {
		return fmt.Errorf("it was judged by version %d of the verdict rule, which this program does not know", start.Rule)
	}
	// What only the run knew.
	want.Tool, want.Host, want.Proxies, want.Roots = start.Tool, start.Host, start.Proxies, start.Roots
	want.RunKey, want.Rule = start.RunKey, start.Rule
	want.Operator = start.Operator
	want.Operator.Person = d.Trust.Policy.Person(start.Operator.Principal)
	return sameStart(want, start)
}

// sameStart names the first field in which two registrations differ.
func sameStart(want, got journal.RunStart) error {
	w, g := reflect.ValueOf(want), reflect.ValueOf(got)
	for i := range w.NumField() {
		a, errA := json.Marshal(w.Field(i).Interface())
		b, errB := json.Marshal(g.Field(i).Interface())
		if err := errors.Join(errA, errB); err != nil {
			return err
		}
		if string(a) != string(b) {
			name, _, _ := strings.Cut(w.Type().Field(i).Tag.Get("json"), ",")
			return fmt.Errorf("run.start says of %s: %s; what was approved says: %s", name, shorten(string(b)), shorten(string(a)))
		}
	}
	return nil
}

// shorten cuts what may be long.
func shorten(s string) string {
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + " …"
	}
	return s
}

func (a *app) verify(ctx context.Context, dir, root string, out output) error {
	p, err := a.openPackage(dir, root)
	if err != nil {
		return err
	}
	plan, err := engine.NewPlan(p.doc.Scenario, a.catalog)
	if err != nil {
		return err
	}
	tool, err := a.tool()
	if err != nil {
		return err
	}
	got, err := reports.Verify(os.DirFS(dir), reports.Verifier{
		Classify: a.systems.Classifiers(),
		Oracles:  a.systems.Oracles(),
		Planned:  plannedIn(plan),
		Pinned:   p.pinnedTo(plan),
		Arm:      p.armIn(plan),
		Program:  tool.SHA256,

		Timeout:     p.doc.Scenario.Rules.RequestTimeout.Duration(),
		MaxRequests: p.doc.Scenario.Rules.MaxRequests,
		Approve:     p.reapprove,
		Operator: func(line, signature []byte, operator journal.Principal, at time.Time) error {
			got, err := approval.VerifyOperator(p.doc.Trust, line, signature, operator.Principal, at)
			if err == nil && got != operator {
				err = fmt.Errorf("it is by %s, the record names %s", got.Fingerprint, operator.Fingerprint)
			}
			return err
		},
	})
	v := verified{Verification: got}
	if err == nil {
		err = p.untouched(got.Run, got.Start.Documents)
	}
	if err == nil {
		v.Ledger, err = p.inLedger(ctx, got)
	}
	if v.Rendered = err == nil && got.Writer == tool.SHA256; v.Rendered {
		err = p.rendered()
	}
	if err != nil {
		return &failure{exitUnverified, fmt.Errorf("%s does not verify: %w", dir, err)}
	}
	if out.json() {
		return a.printJSON(v)
	}
	return a.printVerified(p, v)
}

// verified is what verify found, and what it rests on beside the record itself.
type verified struct {
	*reports.Verification
	// Ledger says that the ledger beside the record says the same.
	Ledger bool `json:"ledger"`
	// Rendered says that the reports were rendered again, and are the same.
	Rendered bool `json:"rendered"`
}

func (a *app) printVerified(p *packaged, got verified) error {
	lab := ""
	if got.Recovered {
		lab = "RECOVERED: the run was killed, and its record closed afterwards\n"
	}
	if got.Start.Lab {
		lab += "LAB EVIDENCE: it proves nothing about a real system\n"
	}
	rendered := "rendered again, and the same"
	if !got.Rendered {
		rendered = "not compared: another version of sodprobe wrote them"
	}
	root := "the approval is signed under the pinned root"
	if p.doc.Root == nil {
		root = "no root was pinned: compare these fingerprints with those given to you through a separate channel"
	}
	_, err := fmt.Fprintf(a.stdout, `%s%s verifies
  run        %s, %d lines, %d attempts
  approval   as of %s; %s
  root keys  %s
  journal    root sha256 %x
  reports    %s
  verdict    %s
%s`, lab, p.dir, got.Run, got.Lines, got.Counts.Len(), got.Start.Approval.VerifiedAt.Format("2006-01-02 15:04:05Z"), root,
		strings.Join(p.doc.Trust.RootFingerprints(), " "), got.Root[:], rendered, got.verdictText(), got.outside())
	return err
}

// outside says what speaks for the record beside those who made it: whoever holds
// the operator's key can invent a run, and its record would verify.
func (v verified) outside() string {
	ledger := "no ledger lies beside it"
	if v.Ledger {
		ledger = "the ledger beside it says the same"
	}
	s := fmt.Sprintf(`  outside    %s; the servers dated %d of its answers; no witness signed it,
             and it was not compared with the targets' own logs
`, ledger, v.Dated)
	for _, line := range v.Reclassified {
		s += "  reclassified  this version would say otherwise: " + line + "\n"
	}
	return s
}

// verdictText is the verdict, this program's own first where it differs.
func (v verified) verdictText() string {
	if len(v.Reclassified) == 0 {
		return v.Verdict.String() + ", recomputed"
	}
	return fmt.Sprintf("%s by this version of sodprobe; the record, made by another, says %s", v.Ours, v.Verdict)
}
