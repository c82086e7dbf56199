package kubernetes

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sodprobe/sodprobe/targets"
)

// TestConnectRefuses: a context that could reach, or be, something else.
func TestConnectRefuses(t *testing.T) {
	s := newServer(t)
	cases := map[string]struct {
		spoil func(*Config)
		want  string
	}{
		"no such context": {func(c *Config) { clusterOf(c.Target).Context = "ghost" }, `no context "ghost"`},
		"no TLS":          {func(c *Config) { c.Kubeconfig.Clusters["c"].Server = "http://127.0.0.1:1" }, "is not https://"},
		"a path":          {func(c *Config) { c.Kubeconfig.Clusters["c"].Server += "/k8s" }, "is not https://"},
		"TLS is not checked": {func(c *Config) {
			c.Kubeconfig.Clusters["c"].InsecureSkipTLSVerify = true
			c.Kubeconfig.Clusters["c"].CertificateAuthorityData = nil
		}, "skips TLS verification"},
		"no root":         {func(c *Config) { c.Kubeconfig.Clusters["c"].CertificateAuthorityData = nil }, "no certificate-authority"},
		"another root":    {func(c *Config) { clusterOf(c.Target).CASHA256 = strings.Repeat("0", 64) }, "is not the approved cluster"},
		"it impersonates": {func(c *Config) { c.Kubeconfig.AuthInfos["prober"].Impersonate = "root" }, `impersonates "root" already`},
		"it impersonates groups": {func(c *Config) {
			c.Kubeconfig.AuthInfos["prober"].Impersonate, c.Kubeconfig.AuthInfos["prober"].ImpersonateGroups = "x", []string{"system:masters"}
		}, "impersonates"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			config := s.config()
			c.spoil(&config)
			if _, err := Connect(config); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("connecting sent %d requests", n)
	}
}

// TestOtherRootsDoNotCount: of a bundle, the pinned certificate alone becomes
// a root, so a server with another one gets no credential.
func TestOtherRootsDoNotCount(t *testing.T) {
	s := newServer(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, NotAfter: time.Now().Add(time.Hour)}
	other, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	var bundle []byte
	for _, der := range [][]byte{other, s.Certificate().Raw} {
		bundle = append(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	config := s.config()
	config.Kubeconfig.Clusters["c"].CertificateAuthorityData = bundle
	c, err := Connect(config)
	if err != nil {
		t.Fatal(err)
	}
	if pin, err := c.Pin(t.Context()); err != nil || !pin.OK {
		t.Errorf("the pinned root among others: %+v, %v", pin, err)
	}
	arrived := len(s.requests())
	sum := sha256.Sum256(other)
	clusterOf(config.Target).CASHA256 = hex.EncodeToString(sum[:])
	if c, err = Connect(config); err != nil {
		t.Fatal(err)
	}
	if pin, err := c.Pin(t.Context()); err != nil || pin.OK || pin.Problem == "" {
		t.Errorf("a server of another root of the bundle: %+v, %v", pin, err)
	}
	if n := len(s.requests()); n != arrived {
		t.Errorf("it saw %d requests", n-arrived)
	}
	if _, err := pinnedRoot([]byte("junk"), clusterOf(s.config().Target).CASHA256); err == nil {
		t.Error("junk is no root")
	}
}

// TestOwnCredential: identities of one context share one pool, and act
// without impersonation; a context of another cluster is refused.
func TestOwnCredential(t *testing.T) {
	s := newServer(t)
	config := s.config()
	other := *config.Kubeconfig.Clusters["c"]
	other.Server = "https://127.0.0.1:1"
	config.Kubeconfig.Clusters["d"] = &other
	config.Kubeconfig.Contexts["far"] = config.Kubeconfig.Contexts["alice"].DeepCopy()
	config.Kubeconfig.Contexts["far"].Cluster = "d"
	c, err := Connect(config)
	if err != nil {
		t.Fatal(err)
	}
	own := func(context, user string) targets.Identity {
		return targets.Identity{ID: user, Blocks: targets.Blocks{&Identity{Context: context, User: user}}}
	}
	first, second := assume(t, c, own("alice", "alice")), assume(t, c, own("alice", "alice"))
	if first.as != second.as {
		t.Error("two identities of one context have two pools")
	}
	if check := first.Whoami(t.Context()); check.Problem != "" {
		t.Error(check.Problem)
	}
	if check := assume(t, c, own("alice", "bob")).Whoami(t.Context()); check.Problem == "" {
		t.Error("the server says alice, the scenario bob")
	}
	for _, r := range s.requests() {
		if r.Header.Get("Impersonate-User") != "" || r.Header.Get("Authorization") != "Bearer "+ownToken {
			t.Errorf("%v", r.Header)
		}
	}
	for _, id := range []targets.Identity{own("far", "alice"), own("ghost", "alice"), {ID: "none"}} {
		if _, err := c.assume(t.Context(), id); err == nil {
			t.Errorf("%+v was taken on", id)
		}
	}
}

func TestPin(t *testing.T) {
	s := newServer(t)
	pin, err := s.connect(t).Pin(t.Context())
	if err != nil || !pin.OK || pin.Harness != "prober" || pin.Version != "v1.37.2" || pin.Server != s.URL {
		t.Errorf("%+v, %v", pin, err)
	}
	for _, r := range s.requests() {
		if r.ProtoMajor != 2 || r.Header.Get("Impersonate-User") != "" {
			t.Errorf("%s %s: %s, %v", r.Method, r.URL, r.Proto, r.Header)
		}
	}
}

// TestPinUntrusted: a server whose certificate the pinned root did not sign
// is a mismatch, not an outage, and never sees a credential.
func TestPinUntrusted(t *testing.T) {
	s := newServer(t)
	config := s.config()
	config.Kubeconfig.Clusters["c"].TLSServerName = "elsewhere.corp.example"
	c, err := Connect(config)
	if err != nil {
		t.Fatal(err)
	}
	if pin, err := c.Pin(t.Context()); err != nil || pin.OK || !strings.Contains(pin.Problem, "not signed by the pinned root") {
		t.Errorf("%+v, %v", pin, err)
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

// TestPinUnreadable: a cluster that answers, but not that question, is not
// pinned.
func TestPinUnreadable(t *testing.T) {
	for name, o := range map[string]map[string]any{
		"nothing":        nil,
		"another kind":   {"kind": "Node", "metadata": map[string]any{"name": "kube-system", "uid": uid}},
		"another object": {"kind": "Namespace", "metadata": map[string]any{"name": "default", "uid": uid}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			delete(s.objects, "/api/v1/namespaces/kube-system")
			if o != nil {
				s.objects["/api/v1/namespaces/kube-system"] = o
			}
			if pin, err := s.connect(t).Pin(t.Context()); !errors.Is(err, targets.ErrUnreachable) || pin.OK {
				t.Errorf("%+v, %v", pin, err)
			}
		})
	}
	s := newServer(t)
	s.sees = func(string, []string) (string, []string) { return "", nil }
	if pin, err := s.connect(t).Pin(t.Context()); !errors.Is(err, targets.ErrUnreachable) || pin.OK {
		t.Errorf("a prober without a name: %+v, %v", pin, err)
	}
}

func TestLoadKubeconfig(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config")
	text := "apiVersion: v1\nkind: Config\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	none := func(string) string { return "" }
	inEnv := func(name string) string { return map[string]string{"KUBECONFIG": path, "HOME": dir}[name] }
	for name, load := range map[string]func() (*Kubeconfig, error){
		"the flag":    func() (*Kubeconfig, error) { return LoadKubeconfig(path, none) },
		"KUBECONFIG":  func() (*Kubeconfig, error) { return LoadKubeconfig("", inEnv) },
		"parsed text": func() (*Kubeconfig, error) { return ParseKubeconfig([]byte(text)) },
	} {
		if c, err := load(); err != nil || c.Contexts["c"] == nil {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	for name, load := range map[string]func() (*Kubeconfig, error){
		"no such file": func() (*Kubeconfig, error) { return LoadKubeconfig(filepath.Join(dir, "ghost"), none) },
		"no file":      func() (*Kubeconfig, error) { return LoadKubeconfig("", func(string) string { return "" }) },
		"junk":         func() (*Kubeconfig, error) { return ParseKubeconfig([]byte("{")) },
	} {
		if c, err := load(); err == nil {
			t.Errorf("%s: %v", name, c)
		}
	}
}
