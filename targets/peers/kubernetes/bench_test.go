package kubernetes

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	benchPeople = 1000
	benchProbes = 20
	workers     = 16
)

// BenchmarkRun measures a run of 1,000 identities × 20 probes against the real
// API server, and in the same process of the server a bare HTTP/2 client that
// sends the very same requests, and a loop of kubectl where it is installed.
func BenchmarkRun(b *testing.B) {
	for b.Loop() {
		w := benchWorkspace(b)
		began := time.Now()
		code, out, used := w.measure()
		took := time.Since(began)
		if code != 0 {
			b.Fatalf("exit %d\n%s", code, out[max(0, len(out)-3000):])
		}
		sent := w.sent()
		bare := replay(b, sent)
		attempts, rate := float64(benchPeople*benchProbes), float64(len(sent))/took.Seconds()
		b.ReportMetric(attempts/took.Seconds(), "attempts/s")
		b.ReportMetric(rate, "requests/s")
		b.ReportMetric(float64(len(sent))/attempts, "requests/attempt")
		b.ReportMetric(float64(len(sent))/bare.Seconds(), "bare-requests/s")
		b.ReportMetric(rate/(float64(len(sent))/bare.Seconds()), "of-bare")
		b.ReportMetric(float64(used.cpu.Microseconds())/float64(len(sent)), "cpu-µs/request")
		b.ReportMetric(float64(used.peak)/1024, "peak-MiB")
		if each := kubectl(b); each > 0 {
			b.ReportMetric(1/each.Seconds(), "kubectl-attempts/s")
		}
	}
}

// benchWorkspace has a scenario of many people.
func benchWorkspace(b *testing.B) *workspace {
	b.Helper()
	w := newWorkspace(b, shared)
	w.with(shared, benchRights)
	head, attempts, _ := strings.Cut(w.scenario, "attempts:\n")
	var people strings.Builder
	for i := range benchPeople {
		fmt.Fprintf(&people, "  - {id: dev-%04d, role: developer, kubernetes: {impersonate: {user: dev-%04d@corp.example, groups: [developers]}}}\n", i, i)
	}
	var lines []string
	for _, line := range strings.Split(head, "\n") {
		if !strings.Contains(line, "id: dev-alice") {
			lines = append(lines, line)
		}
	}
	head = strings.Join(lines, "\n")
	head = strings.NewReplacer("concurrency: 8", fmt.Sprintf("concurrency: %d", 4*workers), "maxRequests: 5000", "maxRequests: 200000",
		"requestsPerSecond: 500", "requestsPerSecond: 100000").Replace(head)
	chosen := strings.SplitAfter(attempts, "  - probe: ")
	w.scenario = head + people.String() + "attempts:\n" + strings.TrimSuffix(strings.Join(chosen[:benchProbes+1], ""), "  - probe: ")
	w.sign()
	return w
}

// used is what a process took of the machine.
type used struct {
	peak int64 // memory, in KiB
	cpu  time.Duration
}

// measure runs the scenario and returns what the process took.
func (w *workspace) measure() (code int, out string, took used) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), os.Getenv("SODPROBE"), "run", "scenario.yaml", "--trust-root", "trust_root",
		"--kubeconfig", "kubeconfig", "--operator", "oscar@corp.example", "--operator-key", "keys/oscar")
	cmd.Dir = w.dir
	b, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		w.t.Fatal(err)
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		took.peak = usage.Maxrss
	}
	took.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return cmd.ProcessState.ExitCode(), string(b), took
}

// request is one request as the journal recorded it.
type request struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// sent reads every request of a run from its journal.
func (w *workspace) sent() []request {
	w.t.Helper()
	files, err := filepath.Glob(w.path("evidence", "*", "journal.jsonl"))
	if err != nil || len(files) != 1 {
		w.t.Fatal(files, err)
	}
	f, err := os.Open(files[0])
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	type exchange struct {
		Sent *request `json:"sent"`
	}
	var out []request
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var entry struct {
			Body struct {
				Exchange exchange   `json:"exchange"`
				All      []exchange `json:"exchanges"`
				Case     struct {
					Exchange exchange `json:"exchange"`
				} `json:"case"`
			} `json:"body"`
		}
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			w.t.Fatal(err)
		}
		for _, x := range append(entry.Body.All, entry.Body.Exchange, entry.Body.Case.Exchange) {
			if x.Sent != nil {
				out = append(out, *x.Sent)
			}
		}
	}
	if err := lines.Err(); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// replay sends the same requests with a bare client, and takes the time.
func replay(b *testing.B, list []request) time.Duration {
	b.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(shared.ca.cert)
	client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	queue := make(chan request)
	var group sync.WaitGroup
	began := time.Now()
	for range workers {
		group.Go(func() {
			for r := range queue {
				req, err := http.NewRequestWithContext(context.Background(), r.Method, r.URL, strings.NewReader(r.Body))
				if err != nil {
					b.Error(err)
					continue
				}
				for k, v := range r.Headers {
					req.Header.Set(k, v)
				}
				req.Header.Set("Authorization", "Bearer token-prober")
				resp, err := client.Do(req)
				if err != nil {
					b.Error(err)
					continue
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		})
	}
	for _, r := range list {
		queue <- r
	}
	close(queue)
	group.Wait()
	return time.Since(began)
}

// kubectl is the time of one attempt by kubectl, 0 where it is not installed.
func kubectl(b *testing.B) time.Duration {
	b.Helper()
	program, err := exec.LookPath("kubectl")
	if err != nil {
		return 0
	}
	config := filepath.Join(b.TempDir(), "kubeconfig")
	if err := os.WriteFile(config, []byte(kubeconfig(shared.base, shared.ca.pem(), "token-prober")), 0o600); err != nil {
		b.Fatal(err)
	}
	const n = 10
	began := time.Now()
	for range n {
		cmd := exec.CommandContext(b.Context(), program, "--kubeconfig", config, "--context", "prod", "-n", "payments", "create", "deployment", "sodprobe",
			"--image=registry.invalid/a", "--dry-run=server", "--as=dev-0001@corp.example", "--as-group=developers")
		_ = cmd.Run() // refused, as it should be
	}
	return time.Since(began) / n
}

// benchRights let the prober act as anybody, and the observer read.
const benchRights = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: bench-prober}
rules:
- {apiGroups: [""], resources: [users, groups], verbs: [impersonate]}
- {apiGroups: [""], resources: [namespaces], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: bench-prober}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: bench-prober}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: prober}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: bench-reader}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: bench-reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: bench-reader}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: reader@corp.example}]
`
