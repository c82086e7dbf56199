package cli

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/sodprobe/sodprobe/cmd/sodprobe/internal/demo"
	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/document"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// The toy is a building whose doors open to badges: a whole system, and two probes, in
// one file.

const toy targets.SystemName = "toy"

// building is a target's block.
type building struct {
	URL   string `yaml:"url" json:"url" jsonschema:"required"`
	Vault string `yaml:"vault" json:"vault" jsonschema:"required,pattern=^[a-z]+$"`
	Lobby string `yaml:"lobby" json:"lobby" jsonschema:"required,pattern=^[a-z]+$"`
}

func (*building) System() targets.SystemName { return toy }

func (b *building) Check(in targets.Lint) {
	if b.Vault == b.Lobby {
		in.Note("lobby", "the lobby is the vault", "a door that developers may open")
	}
}

func (b *building) Explain() []string {
	return []string{"the building at " + b.URL + ".", "Production is the door " + b.Vault + "; developers may open " + b.Lobby + "."}
}

func (b *building) Place(kind targets.PlaceKind) targets.Place {
	door := map[targets.PlaceKind]string{targets.Production: b.Vault, targets.Allowed: b.Lobby}[kind]
	return targets.Place{Kind: kind, Scope: "hq", Title: "the door " + door, Values: map[string]string{"door": door}}
}

// badge is an identity's block.
type badge struct {
	Name string `yaml:"name" json:"name" jsonschema:"required,pattern=^[a-z]+$"`
}

func (*badge) System() targets.SystemName { return toy }
func (*badge) Check(targets.Lint)         {}
func (b *badge) Explain() []string        { return []string{"at the doors with the badge of " + b.Name} }

func (b *badge) Actor() targets.Actor { return targets.Actor{Principal: b.Name, Person: b.Name} }

// toySystem is the whole system as one value.
func toySystem(roots *x509.CertPool) targets.System {
	return targets.System{
		Name: toy, Title: "the toy", Layers: []targets.Layer{targets.Authorization}, Classify: classifyDoor,
		NewTarget:   func() targets.TargetBlock { return &building{} },
		NewIdentity: func() targets.IdentityBlock { return &badge{} },
		Pinned: func(_ targets.Target, pin targets.Pin) error {
			if got := document.Text(pin.Exchanges[0].Body, "/site"); got != "hq" {
				return fmt.Errorf("the building is %q", got)
			}
			return nil
		},
		Connect: func(_ context.Context, with targets.Connection) (targets.Connected, error) {
			url := with.Target.Block.(*building).URL
			g := guard.New(guard.Config{
				Host: strings.TrimPrefix(url, "https://"), UserAgent: with.UserAgent, Limit: rate.Limit(with.Target.RequestsPerSecond),
				Budget: with.Budget, Timeout: with.Timeout, Now: with.Now, Headers: targets.Headers{Identity: []string{"Badge"}},
			})
			transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
			return &doors{url: url, reader: with.Reader, client: &http.Client{Transport: g.Over(transport)}}, nil
		},
	}
}

// classifyDoor reads the two answers that a door knows.
func classifyDoor(c targets.Case) targets.Response {
	x := c.Exchange
	switch {
	case x.Refused != "":
		return targets.Response{Class: targets.HarnessDenied, Reason: x.Refused}
	case x.Status == http.StatusForbidden && document.Text(x.Body, "/deny") == c.Subject+" may not "+c.Action+" "+c.Resource:
		return targets.Response{Class: targets.Denied, Layer: targets.Authorization, Reason: document.Text(x.Body, "/deny")}
	case x.Status == http.StatusOK && document.Text(x.Body, "/would") == c.Action+" "+c.Resource:
		return targets.Response{Class: targets.Reached, Reason: "the door would open"}
	}
	return targets.Response{Class: targets.Unknown}
}

// doors is a connected building.
type doors struct {
	url    string
	reader targets.Identity
	client *http.Client
}

func (d *doors) Pin(ctx context.Context) (targets.Pin, error) {
	x := (&holder{d, d.reader}).get(ctx, "/site", "/site")
	return targets.Pin{OK: document.Text(x.Body, "/site") == "hq", Server: d.url, Harness: "prober", Exchanges: []targets.Exchange{x}}, nil
}

func (d *doors) Assume(_ context.Context, id targets.Identity) (targets.Session, error) {
	return &holder{d, id}, nil
}

func (d *doors) Diagnose(context.Context, targets.Access) []targets.Finding {
	return []targets.Finding{{OK: true, What: "the doors of " + d.url + " answer"}}
}

// holder acts with one badge.
type holder struct {
	*doors
	id targets.Identity
}

func (h *holder) send(ctx context.Context, r targets.Request, rules []targets.Rule, still func() error) targets.Exchange {
	name := h.id.Principal(toy)
	lease := &guard.Lease{Rules: rules, Identity: http.Header{"Badge": {name}}, Still: still}
	req, err := http.NewRequestWithContext(lease.Context(ctx), r.Method, h.url+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return targets.Exchange{Refused: err.Error()}
	}
	if len(r.Body) == 0 {
		req.Body = nil
	}
	req.Header.Set("Badge", name)
	for k, v := range r.Header {
		req.Header.Set(k, v)
	}
	if resp, err := h.client.Do(req); err == nil {
		_ = resp.Body.Close()
	}
	return lease.Exchange()
}

func (h *holder) get(ctx context.Context, path string, keep ...string) targets.Exchange {
	return h.send(ctx, targets.Request{Method: http.MethodGet, Path: path}, []targets.Rule{{Method: http.MethodGet, Path: path, Keep: keep}}, nil)
}

func (h *holder) Send(ctx context.Context, call targets.Call) targets.Exchange {
	return h.send(ctx, call.Request, call.Rules, call.Still)
}

func (h *holder) Whoami(ctx context.Context) targets.Whoami {
	x, want := h.get(ctx, "/me", "/name"), h.id.Principal(toy)
	w := targets.Whoami{Want: want, Subject: targets.Subject{Name: document.Text(x.Body, "/name")}, Proof: targets.Failed, Exchange: x}
	if w.Subject.Name == want {
		w.Proof = targets.Proven
	}
	return w
}

func (h *holder) Read(ctx context.Context, q targets.StateQuery) targets.StateRead {
	x := h.get(ctx, q.Request.Path, q.Fields...)
	return targets.StateRead{Read: true, Exists: x.Status == http.StatusOK, Digest: x.Body, Exchange: x}
}

// toyProbe is an attempt to do something to the vault's door, as the door's own dry run.
func toyProbe(verb string) probes.Probe {
	path := func(place targets.Place) string { return "/doors/" + place.Values["door"] + "/" + verb }
	return probes.Probe{
		ID: "toy.door." + verb, Title: verb + " the vault", Why: "Whoever can " + verb + " the vault needs nobody else.",
		System: toy, Technique: probes.DryRun, Controls: probes.ChangeControls(), Attack: "T1078",
		Severity: probes.High, Fix: "Take the door off the developers' badges.",
		Expect: []targets.Layer{targets.Authorization}, Reached: []string{"text:" + verb},
		Allow: []targets.Rule{{
			Method: "POST", Path: "/doors/{door}/" + verb, Mutating: true, Keep: []string{"/would"},
			Header: map[string]string{"Content-Type": "application/json"}, Body: map[string]string{"/dry": "true"},
		}},
		Request: func(place targets.Place, _ probes.Params) targets.Request {
			return targets.Request{
				Action: verb, Resource: place.Values["door"], Scope: place.Scope, Method: "POST", Path: path(place),
				Header: map[string]string{"Content-Type": "application/json"}, Body: []byte(`{"dry":true}`),
			}
		},
		State: func(place targets.Place, _ probes.Params) []targets.StateQuery {
			return []targets.StateQuery{{
				Request:   targets.Request{Action: "see", Resource: place.Values["door"], Method: "GET", Path: "/doors/" + place.Values["door"]},
				MustExist: true, Fields: []string{"/open"},
			}}
		},
	}
}

// serveDoors lets developers wedge the vault: the gap that the run finds.
func serveDoors(w http.ResponseWriter, r *http.Request) {
	who := r.Header.Get("Badge")
	part := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	answer := map[string]any{"site": "hq", "name": who, "open": false}
	if r.Method == http.MethodPost {
		allowed := who == "release" || who == "alice" && (part[1] == "lobby" || part[2] == "wedge")
		answer = map[string]any{"would": part[2] + " " + part[1]}
		if !allowed {
			w.WriteHeader(http.StatusForbidden)
			answer = map[string]any{"deny": who + " may not " + part[2] + " " + part[1]}
		}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

const toyScenario = `apiVersion: sodprobe/v1
kind: Scenario
metadata: {id: toy, revision: 1, title: Developers cannot open the vault alone}
controls: [nist/cm-5, nist/cm-5.1, nist/cm-3, soc2/cc8.1]
authorization:
  {changeTicket: DEMO-1, statement: Management agrees., notBefore: %s, notAfter: %s, maxRuns: 1, contacts: [{name: SOC, email: soc@corp.example}]}
rules: {technique: dry-run, concurrency: 2, maxRequests: 200, requestTimeout: 5s, stopOn: never, exclude: []}
targets: [{id: hq, requestsPerSecond: 1000, toy: {url: %q, vault: vault, lobby: lobby}}]
identities:
  - {id: dev-alice, role: developer, toy: {name: alice}}
  - {id: release, role: authorized, toy: {name: release}}
  - {id: nobody, role: unprivileged, toy: {name: nobody}}
  - {id: reader, role: observer, toy: {name: reader}}
attempts:
  - {probe: toy.door.open, target: hq, as: {role: developer}}
  - {probe: toy.door.wedge, target: hq, as: {role: developer}}
`

// TestToySystem drives a system that nobody knew through every command.
func TestToySystem(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(serveDoors))
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	a := testApp()
	a.systems, a.catalog = targets.Systems{toySystem(roots)}, probes.Set{toyProbe("open"), toyProbe("wedge")}
	dir := t.TempDir()
	path, root := filepath.Join(dir, "scenario.yaml"), filepath.Join(dir, "trust_root")
	people, err := demo.NewPeople(a.rand)
	check(t, err)
	from := time.Now().UTC().Add(-time.Minute)
	scenario := fmt.Appendf(nil, toyScenario, from.Format(time.RFC3339), from.Add(time.Hour).Format(time.RFC3339), server.URL)
	check(t, people.WriteScenario(t.Context(), path, scenario))
	check(t, people.WriteTrust(t.Context(), dir, time.Now()))

	says := func(code int, want string, args ...string) {
		t.Helper()
		var out bytes.Buffer
		a.stdout = &out
		if got := a.run(t.Context(), a.root(), args); got != code || !regexp.MustCompile(want).Match(out.Bytes()) {
			t.Errorf("%s: exit %d, %s", args, got, out.String())
		}
	}
	says(0, `"toy": {\s+"\$ref": "#/\$defs/the`, "scenario", "schema")
	says(0, "is well formed", "scenario", "lint", path)
	says(0, "with the badge of alice[^$]*Production is the door vault[^$]*open the vault", "scenario", "explain", path)
	says(0, "toy.door.wedge", "plan", path)
	says(0, "ok +the doors of https", "doctor", path, "--trust-root", root)
	a.stdout = io.Discard
	d := &demo.Demo{Operator: people.Operator(), Scenario: path, TrustRoot: root, Evidence: filepath.Join(dir, "evidence")}
	if code := exitCode(a.runDemo(t.Context(), d, a.systems, targets.Machine{})); code != exitPermitted {
		t.Fatalf("the run exits with %d", code)
	}
	runs, err := filepath.Glob(filepath.Join(d.Evidence, "*", "journal.jsonl"))
	check(t, err)
	says(0, "Permitted +toy.door.wedge as dev-alice", "report", filepath.Dir(runs[0]))
	says(0, "verifies", "verify", filepath.Dir(runs[0]), "--trust-root", root)
	page, err := os.ReadFile(filepath.Join(filepath.Dir(runs[0]), "report.html"))
	if err != nil || !bytes.Contains(page, []byte("toy.door.open")) {
		t.Error("the page does not name the toy", err)
	}
}
