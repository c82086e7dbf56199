package run

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/approval"
)

// register makes the run's folder and pre-registers the run: after it, the
// record says what will be attempted, and the operator has signed for it.
func (r *run) register(ctx context.Context, approved journal.Approval) error {
	dir := filepath.Join(r.Evidence, r.id)
	if err := r.copyDocuments(dir); err != nil {
		return errors.Join(fmt.Errorf("make the run's folder: %w", err), os.RemoveAll(dir))
	}
	if err := r.begin(ctx, dir, approved); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	r.dir = dir
	return nil
}

// copyDocuments puts what was approved beside the record, byte for byte.
func (r *run) copyDocuments(dir string) error {
	for name, data := range r.Document.Files() {
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
func (r *run) begin(ctx context.Context, dir string, approved journal.Approval) error {
	key, verifier, err := journal.NewRunKey(r.Rand, r.marker())
	if err != nil {
		return fmt.Errorf("make the run's key: %w", err)
	}
	r.sealer = key
	start, err := r.start(approved, verifier)
	if err != nil {
		return err
	}
	if r.writer, err = journal.Create(dir, r.id, r.Now); err != nil {
		return err
	}
	line, err := r.writer.AppendLine(ctx, journal.TypeRunStart, start)
	if err != nil {
		return err
	}
	signature, err := r.operator.Signer.Sign(ctx, operate, line)
	if err != nil {
		return refused("sign for the run as %s: %w", r.operator.Principal, err)
	}
	if _, err := approval.VerifyOperator(r.Document.Trust, line, signature, r.operator.Principal, r.started); err != nil {
		return refused("the operator %s may not sign for a run: %w", r.operator.Principal, err)
	}
	signed := journal.Signed{Seq: 0, Namespace: operate, Signature: string(signature)}
	if err := r.writer.Append(ctx, journal.TypeRunSigned, signed); err != nil {
		return err
	}
	if err := r.writer.Checkpoint(ctx, "before", start.Origin, r.sealer); err != nil {
		return err
	}
	if err := r.confirm(dir); err != nil {
		return err
	}
	return r.ledger.Started(ctx, r.id, r.Document.Digest, approved.TrustVersion, approved.TrustSHA256)
}

// confirm verifies the approval once more: from the bytes that lie in the run's
// folder and will be the evidence, and for this moment. Signing may have taken
// long, and somebody may have withdrawn since.
func (r *run) confirm(dir string) error {
	d, err := Packaged(dir, scenarios.Options{Set: r.Catalog, Systems: r.Systems})
	if err != nil {
		return refused("read back what was approved: %w", err)
	}
	d.Root = r.Document.Root
	if _, err := d.Approve(r.operator.Principal, r.Now().UTC()); err != nil {
		return err
	}
	if why, yes := r.Document.Withdrawn(); yes {
		return refused("the approval does not hold any more: %s", why)
	}
	return nil
}

// operate is the signature namespace of operators.
const operate = "operate@sodprobe"

// start is the pre-registration.
func (r *run) start(approved journal.Approval, verifier string) (journal.RunStart, error) {
	tool, err := r.Tool()
	if err != nil {
		return journal.RunStart{}, err
	}
	host, err := os.Hostname()
	if err != nil {
		return journal.RunStart{}, fmt.Errorf("name this host: %w", err)
	}
	start := r.Document.Registers(r.plan, approved, r.id)
	start.Tool, start.Host, start.Proxies, start.Roots, start.RunKey = tool, host, r.proxies(), r.roots(), verifier
	start.Operator = r.operator.named(r.Document.Trust)
	return start, nil
}

// named is the operator as records have it.
func (o Operator) named(t *approval.Trust) journal.Principal {
	kind, print := approval.Names(o.Key)
	return journal.Principal{Principal: o.Principal, Person: t.Policy.Person(o.Principal), KeyType: kind, Fingerprint: print}
}

// proxies lists the proxies of the environment, without credentials.
func (r *run) proxies() []string {
	var out []string
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"} {
		if value := r.Env(name); value != "" {
			out = append(out, name+"="+proxyHost(value))
		}
	}
	return out
}

// roots lists the files of the environment that say whom to trust, each with the
// digest of what it holds: those that Go reads (crypto/x509), and the systems' own.
func (r *run) roots() []string {
	names := []string{"SSL_CERT_FILE", "SSL_CERT_DIR"}
	for _, s := range r.Systems {
		names = append(names, s.Trusts...)
	}
	var out []string
	for _, name := range names {
		value := r.Env(name)
		if value == "" {
			continue
		}
		line := name + "=" + value
		if data, err := os.ReadFile(value); err == nil { //nolint:gosec // the user's own environment names it
			line += " " + scenarios.Digest(data)
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
