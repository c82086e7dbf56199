package kubernetes

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// workspace is a folder with keys, trust, scenario and kubeconfig, as people
// would make them: with ssh-keygen and with sodprobe itself.
type workspace struct {
	t   testing.TB
	dir string
	// scenario is the text; edit it before sign.
	scenario string
}

func newWorkspace(t testing.TB, c *cluster) *workspace {
	t.Helper()
	w := &workspace{t: t, dir: t.TempDir(), scenario: scenario(t, c)}
	for _, name := range []string{"root", "carol", "dana", "erin", "erin2", "oscar", "alice"} {
		w.must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", w.path("keys", name))
	}
	w.trust()
	w.write("kubeconfig", kubeconfig(c.base, c.ca.pem(), "token-prober"))
	return w
}

func (w *workspace) path(parts ...string) string {
	p := filepath.Join(append([]string{w.dir}, parts...)...)
	if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *workspace) write(name, data string) {
	w.t.Helper()
	if err := os.WriteFile(w.path(name), []byte(data), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *workspace) read(name string) string {
	w.t.Helper()
	b, err := os.ReadFile(w.path(name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

// must runs a program that has to succeed, in the workspace.
func (w *workspace) must(name string, args ...string) string {
	w.t.Helper()
	code, out := w.run(name, args...)
	if code != 0 {
		w.t.Fatalf("%s %v: exit %d\n%s", name, args, code, out)
	}
	return out
}

func (w *workspace) run(name string, args ...string) (int, string) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), name, args...)
	cmd.Dir = w.dir
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// sodprobe runs the program under test.
func (w *workspace) sodprobe(args ...string) (int, string) {
	w.t.Helper()
	return w.run(os.Getenv("SODPROBE"), args...)
}

// trust makes the trust folder by the steps of its own README.
func (w *workspace) trust() {
	signers := ""
	for _, line := range []string{"carol author carol", "dana approve dana", "erin approve erin", "erin.second approve erin2", "oscar operate oscar", "carol approve carol"} {
		f := strings.Fields(line)
		signers += fmt.Sprintf("%s@corp.example namespaces=\"%s@sodprobe\" %s", f[0], f[1], w.read("keys/"+f[2]+".pub"))
	}
	w.write("trust/allowed_signers", signers)
	w.write("trust/policy.yaml", fmt.Sprintf(policy, time.Now().UTC().Add(time.Hour).Format("2006-01-02T15:04:05Z")))
	w.must("sh", "-c", `cd trust && sha256sum allowed_signers policy.yaml > MANIFEST && ssh-keygen -q -Y sign -n trust@sodprobe -f ../keys/root MANIFEST &&
		mkdir -p MANIFEST.sigs && mv MANIFEST.sig MANIFEST.sigs/root.sig && cp ../keys/root.pub ../trust_root`)
}

const policy = `version: 1
expires: %s
origin: sodprobe.corp.example/payments
threshold: 2
maxWindowDays: 2
ticket: '^CHG\d{7}$'
persons:
  carol: [carol@corp.example]
  dana: [dana@corp.example]
  erin: [erin@corp.example, erin.second@corp.example]
  oscar: [oscar@corp.example]
authors: [carol]
approvers: [carol, dana, erin]
operators: [oscar]
`

// sign writes the scenario and has three people sign it.
func (w *workspace) sign() {
	w.t.Helper()
	w.write("scenario.yaml", w.scenario)
	w.approve("author", "carol", "carol")
	w.approve("approve", "dana", "dana")
	w.approve("approve", "erin", "erin")
}

func (w *workspace) approve(role, principal, key string) {
	w.t.Helper()
	if code, out := w.sodprobe("approve", "scenario.yaml", "--role", role, "--as", principal+"@corp.example", "--key", "keys/"+key, "--yes"); code != 0 {
		w.t.Fatalf("approve: exit %d\n%s", code, out)
	}
}

// outcome is what the report says of one attempt.
type outcome struct {
	Probe         string   `json:"probe"`
	Identity      string   `json:"identity"`
	Outcome       string   `json:"outcome"`
	Reason        string   `json:"reason"`
	Missing       []string `json:"missing"`
	Open          []string `json:"open"`
	Urgent        bool     `json:"urgent"`
	NotRunBecause string   `json:"not_run_because"`
	Response      struct {
		Class  string `json:"class"`
		Layer  string `json:"layer"`
		By     string `json:"by"`
		Reason string `json:"reason"`
	} `json:"response"`
	Predicted    string `json:"predicted"`
	Disagreement string `json:"disagreement"`
}

// comesTo is the outcome where it is a conclusion, else the reason why not.
func (o outcome) comesTo() string {
	if o.Outcome == "Blocked" || o.Outcome == "Permitted" {
		return o.Outcome
	}
	return o.Reason
}

// leaveOut takes a probe's attempt out of the scenario.
func (w *workspace) leaveOut(probe string) {
	w.t.Helper()
	before, after, found := strings.Cut(w.scenario, "  - probe: "+probe+"\n")
	if !found {
		w.t.Fatalf("the scenario does not attempt %s", probe)
	}
	if i := strings.Index(after, "  - probe: "); i >= 0 {
		after = after[i:]
	} else {
		after = ""
	}
	w.scenario = before + after
}

// execute runs the scenario, verifies the evidence, and compares the cluster
// before and after.
func (w *workspace) execute(c *cluster, want int) []outcome {
	w.t.Helper()
	before, err := c.dump()
	if err != nil {
		w.t.Fatal(err)
	}
	code, out := w.start()
	if code != want {
		w.t.Fatalf("exit %d, want %d\n%s", code, want, out)
	}
	after, err := c.dump()
	if err != nil {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		w.t.Errorf("the cluster changed:\n%s", diff)
	}
	dirs, err := filepath.Glob(w.path("evidence", "*", "journal.jsonl"))
	if err != nil || len(dirs) != 1 {
		w.t.Fatalf("evidence: %v %v\n%s", dirs, err, out)
	}
	if code, out := w.sodprobe("verify", filepath.Dir(dirs[0]), "--trust-root", "trust_root"); code != 0 {
		w.t.Errorf("verify: exit %d\n%s", code, out)
	}
	var results struct {
		Attempts []outcome `json:"attempts"`
	}
	data, err := os.ReadFile(filepath.Join(filepath.Dir(dirs[0]), "results.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	if err := json.Unmarshal(data, &results); err != nil {
		w.t.Fatal(err)
	}
	return results.Attempts
}

func (w *workspace) start() (int, string) {
	w.t.Helper()
	return w.sodprobe("run", "scenario.yaml", "--trust-root", "trust_root", "--kubeconfig", "kubeconfig",
		"--operator", "oscar@corp.example", "--operator-key", "keys/oscar")
}

func kubeconfig(server string, ca []byte, token string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
- {name: prod, cluster: {server: %q, certificate-authority-data: %s}}
users:
- {name: prober, user: {token: %q}}
- {name: alice, user: {token: "token-alice"}}
- {name: release, user: {token: "token-release"}}
- {name: nobody, user: {token: "token-nobody"}}
contexts:
- {name: prod, context: {cluster: prod, user: prober}}
- {name: alice, context: {cluster: prod, user: alice}}
- {name: release, context: {cluster: prod, user: release}}
- {name: nobody, context: {cluster: prod, user: nobody}}
`, server, base64.StdEncoding.EncodeToString(ca), token)
}

// scenario attempts every probe of the catalog as alice.
func scenario(t testing.TB, c *cluster) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), os.Getenv("SODPROBE"), "probes", "list", "-o", "json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		ID       string                  `json:"id"`
		Requires []struct{ Name string } `json:"requires"`
		Needs    []struct {
			Name    string `json:"name"`
			Example string `json:"example"`
		} `json:"needs"`
	}
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	now := time.Now().UTC().Truncate(time.Second)
	fmt.Fprintf(&b, head, now.Add(-time.Minute).Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339), c.ca.digest(), c.uid)
	for _, p := range list {
		if len(p.Requires) > 0 || !strings.HasPrefix(p.ID, "kubernetes.") {
			continue // see TestOwnCredential
		}
		fmt.Fprintf(&b, "  - probe: %s\n    target: prod\n    as: {role: developer}\n", p.ID)
		for i, n := range p.Needs {
			if i == 0 {
				b.WriteString("    with:\n")
			}
			fmt.Fprintf(&b, "      %s: %q\n", n.Name, n.Example)
		}
	}
	return b.String()
}

const head = `apiVersion: sodprobe/v1
kind: Scenario
metadata: {id: payments-prod, revision: 1, title: Developers cannot change payments production alone}
controls: [nist/cm-5, soc2/cc8.1]
authorization:
  changeTicket: CHG0041234
  statement: Management authorizes the attempts listed below, dry-run or self-defeating only.
  notBefore: %s
  notAfter: %s
  maxRuns: 5
  contacts: [{name: SOC, email: soc@corp.example}]
rules: {technique: self-defeating, concurrency: 8, maxRequests: 5000, requestTimeout: 10s, stopOn: never, exclude: []}
targets:
  - id: prod
    requestsPerSecond: 500
    kubernetes: {context: prod, caSHA256: %q, uid: %q, namespace: payments, allowedNamespace: payments-dev, staticAdmission: none}
identities:
  - {id: dev-alice, role: developer, kubernetes: {impersonate: {user: alice@corp.example, groups: [developers]}}}
  - {id: release, role: authorized, kubernetes: {impersonate: {user: release@corp.example, groups: [release-managers]}}}
  - {id: nobody, role: unprivileged, kubernetes: {impersonate: {user: nobody@corp.example, groups: []}}}
  - {id: reader, role: observer, kubernetes: {impersonate: {user: reader@corp.example, groups: []}}}
attempts:
`

// grant applies what sodprobe setup prints, and takes it back afterwards.
func (w *workspace) grant(c *cluster, flags ...string) {
	w.t.Helper()
	w.write("scenario.yaml", w.scenario)
	manifest := w.must(os.Getenv("SODPROBE"), append([]string{"setup", "kubernetes", "scenario.yaml", "--prober", "prober"}, flags...)...)
	w.with(c, manifest)
}

// with applies a manifest for the length of the test.
func (w *workspace) with(c *cluster, manifest string) {
	w.t.Helper()
	if err := c.apply([]byte(manifest)); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := c.remove([]byte(manifest)); err != nil {
			w.t.Error(err)
		}
	})
	if err := c.settle(); err != nil {
		w.t.Fatal(err)
	}
	// Policies and webhooks reach admission through watches too, and nothing tells when.
	time.Sleep(500 * time.Millisecond)
}

// arm is a line of the journal about one request.
type arm struct {
	ID    string `json:"id"`
	Arm   string `json:"arm"`
	Probe string `json:"probe"`
}

// arms reads the journal's arms of one kind.
func (w *workspace) arms(kind string) []arm {
	w.t.Helper()
	files, err := filepath.Glob(w.path("evidence", "*", "journal.jsonl"))
	if err != nil || len(files) != 1 {
		w.t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		w.t.Fatal(err)
	}
	var out []arm
	for _, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
		var entry struct {
			Type string `json:"type"`
			Body arm    `json:"body"`
		}
		if err := json.Unmarshal(line, &entry); err == nil && entry.Type == "arm" && entry.Body.Arm == kind {
			out = append(out, entry.Body)
		}
	}
	return out
}
