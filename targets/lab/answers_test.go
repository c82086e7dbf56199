package lab_test

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/sodprobe/sodprobe/targets/lab"
)

// cluster is a lab with a client of its prober.
type cluster struct {
	*lab.Kubernetes
	client *http.Client
	host   string
	token  string
}

func start(t *testing.T, cfg lab.KubernetesConfig) *cluster {
	t.Helper()
	cfg.Now, cfg.Rand = time.Now, rand.Reader
	k, err := lab.StartKubernetes(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	config, err := clientcmd.Load(k.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(config.Clusters["lab"].CertificateAuthorityData)
	return &cluster{
		Kubernetes: k, host: config.Clusters["lab"].Server, token: config.AuthInfos["prober"].Token,
		client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}},
	}
}

// groups of the users whom the prober acts as.
func groups(user string) []string {
	return map[string][]string{lab.Alice: {"developers"}, lab.Bob: {"developers"}, lab.Release: {"release-managers"}}[user]
}

// ask sends one request as somebody and returns code and message.
func (c *cluster) ask(t *testing.T, as, method, path, contentType string, body []byte) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.host+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", contentType)
	if contentType == "meta" {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")
	}
	if as != "" {
		r.Header.Set("Impersonate-User", as)
		r.Header["Impersonate-Group"] = groups(as)
	}
	resp, err := c.client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, err.Error()
	}
	var status struct {
		Message string `json:"message"`
	}
	if err := json.Unmarshal(data, &status); err != nil {
		return resp.StatusCode, string(data)
	}
	return resp.StatusCode, status.Message
}

// TestAnswers: the lab gives the very answers that kube-apiserver v1.37.2
// gave when testdata/answers.json was recorded from it (the peer tests record
// it, and compare it again).
func TestAnswers(t *testing.T) {
	data, err := os.ReadFile("testdata/answers.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name    string          `json:"name"`
		As      string          `json:"as"`
		Method  string          `json:"method"`
		Path    string          `json:"path"`
		Type    string          `json:"type"`
		Body    json.RawMessage `json:"body"`
		Code    int             `json:"code"`
		Message string          `json:"message"`
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	c := start(t, lab.KubernetesConfig{Posture: lab.Enforced})
	before := c.Snapshot()
	for _, x := range cases {
		t.Run(x.Name, func(t *testing.T) {
			body := []byte(x.Body)
			if string(body) == "null" {
				body = nil
			}
			code, message := c.ask(t, x.As, x.Method, x.Path, x.Type, body)
			if code != x.Code || message != x.Message {
				t.Errorf("%d %q\nthe real server says\n%d %q", code, message, x.Code, x.Message)
			}
		})
	}
	if diff := cmp.Diff(before, c.Snapshot()); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
}

// TestTraps: where the real server writes in spite of what looks like a dry
// run, the lab does so, too: a test that passes here by mistake would write
// there.
func TestTraps(t *testing.T) {
	for name, c := range map[string]struct{ method, path, body string }{
		"a misspelled dryRun":          {"POST", "/api/v1/namespaces/payments/configmaps?dryrun=All", `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}`},
		"a delete whose body is empty": {"DELETE", "/apis/apps/v1/namespaces/payments/deployments/api?dryRun=All", `{}`},
		"an eviction whose body is":    {"POST", "/api/v1/namespaces/payments/pods/api-0/eviction?dryRun=All", `{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"api-0"},"deleteOptions":{}}`},
	} {
		t.Run(name, func(t *testing.T) {
			k := start(t, lab.KubernetesConfig{Posture: lab.Enforced})
			before := k.Snapshot()
			if code, message := k.ask(t, lab.Release, c.method, c.path, "application/json", []byte(c.body)); code/100 != 2 {
				t.Fatalf("%d %s", code, message)
			}
			if cmp.Diff(before, k.Snapshot()) == "" {
				t.Error("nothing changed")
			}
		})
	}
	k := start(t, lab.KubernetesConfig{Posture: lab.Enforced})
	if code, _ := k.ask(t, lab.Release, "POST", "/api/v1/namespaces/payments/serviceaccounts/api/token?dryRun=All", "application/json", []byte(`{"spec":{}}`)); code != 201 {
		t.Errorf("a dry run of a token request: %d, and the real server mints one", code)
	}
}

// TestGap: the planted gap lets alice do one thing, and bob nothing.
func TestGap(t *testing.T) {
	k := start(t, lab.KubernetesConfig{Posture: lab.Enforced, Gaps: []lab.Gap{lab.ForgottenRoleBinding}})
	path := "/apis/batch/v1/namespaces/payments/cronjobs/report?dryRun=All"
	if code, message := k.ask(t, lab.Alice, "PATCH", path, "application/merge-patch+json", []byte(`{}`)); code != 200 {
		t.Errorf("alice: %d %s", code, message)
	}
	if code, _ := k.ask(t, lab.Bob, "PATCH", path, "application/merge-patch+json", []byte(`{}`)); code != 403 {
		t.Errorf("bob: %d", code)
	}
}
