package kubernetes

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

// The cluster's users have static tokens: the token of a user is "token-" and
// the user's name.
const admin = "admin"

// cluster is a running API server with its etcd.
type cluster struct {
	dir    string
	base   string // https://127.0.0.1:PORT
	ca     *authority
	uid    string // of kube-system
	client *http.Client
	etcd   *embed.Etcd
	server *exec.Cmd
	exited chan struct{} // closed when the server ends
}

// startCluster starts etcd in this process and the API server as a child, on
// loopback, and waits until it serves.
func startCluster(binary, dir string) (_ *cluster, err error) {
	c := &cluster{dir: dir}
	if c.ca, err = newAuthority(); err != nil {
		return nil, err
	}
	etcdURL, err := c.startEtcd()
	if err != nil {
		return nil, fmt.Errorf("start etcd: %w", err)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	if err := c.writeFiles(); err != nil {
		return nil, err
	}
	c.base = fmt.Sprintf("https://127.0.0.1:%d", port)
	c.server = exec.Command(binary, c.flags(etcdURL, port)...)
	log, err := os.Create(filepath.Join(dir, "apiserver.log"))
	if err != nil {
		return nil, err
	}
	c.server.Stdout, c.server.Stderr = log, log
	if err := c.server.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	c.exited = make(chan struct{})
	go func() {
		defer close(c.exited)
		_ = c.server.Wait() // why it ended stands in its log
	}()
	pool := x509.NewCertPool()
	pool.AddCert(c.ca.cert)
	c.client = &http.Client{
		Timeout:   20 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}},
	}
	return c, c.wait()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

func (c *cluster) startEtcd() (string, error) {
	cfg := embed.NewConfig()
	cfg.Dir = filepath.Join(c.dir, "etcd")
	cfg.LogLevel, cfg.LogOutputs = "error", []string{filepath.Join(c.dir, "etcd.log")}
	cfg.UnsafeNoFsync = true // the cluster lives as long as a test
	var urls []url.URL
	for range 2 {
		port, err := freePort()
		if err != nil {
			return "", err
		}
		urls = append(urls, url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)})
	}
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = urls[:1], urls[:1]
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = urls[1:], urls[1:]
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	var err error
	if c.etcd, err = embed.StartEtcd(cfg); err != nil {
		return "", err
	}
	select {
	case <-c.etcd.Server.ReadyNotify():
		return urls[0].String(), nil
	case <-time.After(time.Minute):
		return "", errors.New("it is not ready after a minute")
	}
}

// users of the cluster and their groups.
func users() map[string]string {
	return map[string]string{
		admin: "system:masters", "prober": "", "alice@corp.example": "developers",
		"release@corp.example": "release-managers", "nobody@corp.example": "", "newcomer": "",
	}
}

func (c *cluster) writeFiles() error {
	cert, key, err := c.ca.issue()
	if err != nil {
		return err
	}
	var tokens strings.Builder
	for name, groups := range users() {
		fmt.Fprintf(&tokens, "%s,%s,uid-%s,%q\n", tokenOf(name), name, name, groups)
	}
	files := map[string][]byte{
		"tls.crt": cert, "tls.key": key, "ca.crt": c.ca.pem(), "tokens.csv": []byte(tokens.String()),
		"audit-policy.yaml": []byte("apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n"),
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(c.dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) flags(etcd string, port int) []string {
	in := func(name string) string { return filepath.Join(c.dir, name) }
	return []string{
		"--etcd-servers=" + etcd,
		fmt.Sprintf("--secure-port=%d", port),
		"--bind-address=127.0.0.1",
		"--advertise-address=192.0.2.1",
		"--endpoint-reconciler-type=none",
		"--tls-cert-file=" + in("tls.crt"),
		"--tls-private-key-file=" + in("tls.key"),
		"--client-ca-file=" + in("ca.crt"),
		"--token-auth-file=" + in("tokens.csv"),
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + in("tls.key"),
		"--service-account-signing-key-file=" + in("tls.key"),
		"--service-cluster-ip-range=10.0.0.0/24",
		"--audit-policy-file=" + in("audit-policy.yaml"),
		"--audit-log-path=" + in("audit.log"),
		"--audit-log-mode=blocking",
	}
}

// wait returns once the server is ready and kube-system is there.
func (c *cluster) wait() error {
	var last error
	for range 240 {
		var ns struct {
			Metadata struct {
				UID string `json:"uid"`
			} `json:"metadata"`
		}
		code, body, err := c.do(http.MethodGet, "/readyz", nil)
		if err == nil && code == http.StatusOK {
			if code, body, err = c.do(
				http.MethodGet,
				"/api/v1/namespaces/kube-system",
				nil,
			); err == nil && code == http.StatusOK &&
				json.Unmarshal(body, &ns) == nil {
				c.uid = ns.Metadata.UID
				return nil
			}
		}
		last = fmt.Errorf("HTTP %d: %w: %s", code, err, body)
		select {
		case <-c.exited:
			return errors.New("the API server ended: see its log")
		case <-time.After(250 * time.Millisecond):
		}
	}
	return fmt.Errorf("the API server is not ready after a minute: %w", last)
}

// do sends one request as the administrator.
func (c *cluster) do(method, path string, o any) (int, []byte, error) {
	return c.as(admin, method, path, o)
}

func (c *cluster) as(user, method, path string, o any) (int, []byte, error) {
	var body io.Reader
	if o != nil {
		b, err := json.Marshal(o)
		if err != nil {
			return 0, nil, err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequest(method, c.base+path, body)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+tokenOf(user))
	r.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		r.Header.Set("Content-Type", "application/merge-patch+json")
	}
	resp, err := c.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	out, err := io.ReadAll(resp.Body)
	return resp.StatusCode, out, err
}

// stop ends the server and etcd.
func (c *cluster) stop() {
	if c.server != nil && c.server.Process != nil {
		_ = c.server.Process.Kill()
		<-c.exited
	}
	if c.etcd != nil {
		c.etcd.Close()
	}
}

// tokenOf is the static token of a user. It holds no name that answers repeat: what
// holds a long part of a secret is never recorded.
func tokenOf(user string) string {
	name, _, _ := strings.Cut(user, "@")
	return "token-" + name
}
