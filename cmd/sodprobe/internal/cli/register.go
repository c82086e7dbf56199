package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"

	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/engine"
)

// sealer signs a run's checkpoints. It lives as long as the run.
type sealer = note.Signer

func digest(data []byte) string { return scenarios.Digest(data) }

// register makes the run's folder and pre-registers the run: after it, the
// record says what will be attempted, and the operator has signed for it.
func (e *execution) register(ctx context.Context, approved journal.Approval) error {
	dir := filepath.Join(e.evidence, e.id)
	if err := e.copyDocuments(dir); err != nil {
		return errors.Join(fmt.Errorf("make the run's folder: %w", err), os.RemoveAll(dir))
	}
	if err := e.begin(ctx, dir, approved); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	e.dir = dir
	return nil
}

// copyDocuments puts what was approved beside the record, byte for byte.
func (e *execution) copyDocuments(dir string) error {
	for name, data := range e.doc.files() {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(to, data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// begin writes the first two lines, the first checkpoint, and the ledger.
func (e *execution) begin(ctx context.Context, dir string, approved journal.Approval) error {
	key, verifier, err := journal.NewRunKey(e.app.rand, e.marker())
	if err != nil {
		return fmt.Errorf("make the run's key: %w", err)
	}
	e.sealer = key
	start, err := e.start(approved, verifier)
	if err != nil {
		return err
	}
	if e.writer, err = journal.Create(dir, e.id, e.app.now); err != nil {
		return err
	}
	line, err := e.writer.AppendLine(ctx, journal.TypeRunStart, start)
	if err != nil {
		return err
	}
	signature, err := e.signer.Sign(ctx, operate, line)
	if err != nil {
		return refusedf("sign for the run as %s: %w", e.operator, err)
	}
	if _, err := approval.VerifyOperator(e.doc.trust, line, signature, e.operator, e.started); err != nil {
		return &failure{exitRefused, fmt.Errorf("the operator %s may not sign for a run: %w", e.operator, err)}
	}
	if err := e.writer.Append(
		ctx,
		journal.TypeRunSigned,
		journal.Signed{Seq: 0, Namespace: operate, Signature: string(signature)},
	); err != nil {
		return err
	}
	if err := e.writer.Checkpoint(ctx, "before", start.Origin, e.sealer); err != nil {
		return err
	}
	if err := e.confirm(dir); err != nil {
		return err
	}
	return e.ledger.Started(e.id, digest(e.doc.data), approved.TrustVersion, approved.TrustSHA256)
}

// operate is the signature namespace of operators.
const operate = "operate@sodprobe"

// start is the pre-registration.
func (e *execution) start(approved journal.Approval, verifier string) (journal.RunStart, error) {
	tool, err := e.app.tool()
	if err != nil {
		return journal.RunStart{}, err
	}
	host, err := os.Hostname()
	if err != nil {
		return journal.RunStart{}, fmt.Errorf("name this host: %w", err)
	}
	kind, print := approval.Names(e.key)
	start := e.doc.registers(e.plan, approved, e.id)
	start.Tool, start.Host, start.Proxies, start.Roots, start.RunKey = tool, host, e.proxies(), e.roots(), verifier
	start.Operator.Principal, start.Operator.Person = e.operator, e.doc.trust.Policy.Person(e.operator)
	start.Operator.KeyType, start.Operator.Fingerprint = kind, print
	return start, nil
}

// proxies lists the proxies of the environment, without credentials.
func (e *execution) proxies() []string {
	var out []string
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"} {
		value := e.app.env(name)
		if value == "" {
			continue
		}
		out = append(out, name+"="+proxyHost(value))
	}
	return out
}

// roots lists the files of the environment that say whom to trust, each with the
// digest of what it holds: those that Go reads (crypto/x509), and the systems' own.
func (e *execution) roots() []string {
	var out []string
	names := []string{"SSL_CERT_FILE", "SSL_CERT_DIR"}
	for _, s := range e.app.systems {
		names = append(names, s.Trusts...)
	}
	for _, name := range names {
		value := e.app.env(name)
		if value == "" {
			continue
		}
		line := name + "=" + value
		if data, err := os.ReadFile(value); err == nil { //nolint:gosec // the user's own environment names it
			line += " " + digest(data)
		}
		out = append(out, line)
	}
	return out
}

// proxyHost is the scheme and host of a proxy, and nothing that could be a
// credential.
func proxyHost(value string) string {
	u, err := url.Parse(value)
	if err != nil || u.Scheme == "" || u.Host == "" {
		u, err = url.Parse("http://" + value) // as net/http reads it
	}
	if err != nil || u.Host == "" {
		return "(set)"
	}
	return u.Scheme + "://" + u.Host
}

// finish closes the record and writes the report. The exit code tells the
// verdict.
func (e *execution) finish(ctx context.Context, result engine.Result) error {
	ctx = context.WithoutCancel(ctx) // an interrupted run is closed all the same
	end := journal.RunEnd{
		Status: status(result), Counts: result.Tally.Counts(),
		Requests: e.conn.budget.Used(), Verdict: result.Tally.Verdict(),
	}
	if err := e.writer.Append(ctx, journal.TypeRunEnd, end); err != nil {
		return err
	}
	if err := e.writer.Checkpoint(ctx, "after", e.doc.trust.Policy.Origin, e.sealer); err != nil {
		return err
	}
	size, root := e.writer.Root()
	if err := errors.Join(e.writer.Close(), e.ledger.Ended(e.id, size, root, end.Status)); err != nil {
		return err
	}
	r, err := writeReports(e.dir)
	if err != nil {
		return err
	}
	if err := e.app.printReport(r, e.dir, e.out); err != nil {
		return err
	}
	for _, pin := range result.Refused {
		_, _ = fmt.Fprintf(e.app.stderr, "sodprobe: refused: target %s is not the approved one: %s\n", pin.Target, printable(pin.Problem))
	}
	if code := runCode(result); code != exitOK {
		return &failure{code, nil}
	}
	return nil
}

// status is how a run ended, in a word.
func status(r engine.Result) string {
	switch r.Stopped {
	case "":
		return "completed"
	case "interrupted":
		return "interrupted"
	case "refused":
		return "refused"
	default:
		return "stopped"
	}
}

// runCode is the exit code of a run that was recorded to its end.
func runCode(r engine.Result) int {
	var codes []int
	if r.Tally.Permitted > 0 {
		codes = append(codes, exitPermitted)
	}
	if r.Stopped == "interrupted" {
		codes = append(codes, exitInterrupted)
	}
	if len(r.Refused) > 0 {
		codes = append(codes, exitRefused)
	}
	if r.Tally.Inconclusive > 0 || r.Tally.NotRun > 0 || r.Tally.Len() == 0 {
		codes = append(codes, exitInconclusive)
	}
	return worst(codes...)
}
