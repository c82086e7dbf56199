package aws

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/iamapi/storage"
	"github.com/versity/versitygw/iamapi/types"
)

// The account that versitygw simulates, and its root user's keys, which are
// the prober's.
const (
	account  = "000000000000"
	region   = "us-east-1"
	rootID   = "AKIAPEERROOT00000000"
	rootKey  = "peer-root-secret-of-the-tests-0123456789"
	roleARN  = "arn:aws:iam::" + account + ":role/"
	bucket   = "prod-artifacts"
	artifact = "releases/payments.zip"
)

// server is versitygw behind a front.
type server struct {
	t     *testing.T
	dir   string
	store storage.Storer
	front *httptest.Server
	n     atomic.Int64 // of sessions
}

func start(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, dir: t.TempDir()}
	for _, name := range []string{"iam", "s3", "meta"} {
		if err := os.MkdirAll(s.path(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	iamAddress, s3Address := freeAddress(t), freeAddress(t)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() {
		ended <- embedgw.RunIAMAPI(ctx, &embedgw.IAMConfig{
			RootUserAccess: rootID, RootUserSecret: rootKey, Ports: []string{iamAddress}, MaxConnections: 100, MaxRequests: 100,
			IAMDir: s.path("iam"), Quiet: true, KeepAlive: true, PrivatePorts: []string{s.path("private.sock")},
		})
	}()
	await(t, iamAddress, ended)
	be, err := posix.New(s.path("s3"), meta.SideCar{}, posix.PosixOpts{SideCarDir: s.path("meta")})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		ended <- embedgw.RunVersityGW(ctx, be, &embedgw.Config{
			RootUserAccess: rootID, RootUserSecret: rootKey, Region: region, Ports: []string{s3Address}, MaxConnections: 100, MaxRequests: 100,
			Quiet: true, KeepAlive: true, StandaloneIAMEndpoint: s.path("private.sock"), IAMCacheDisable: true, MultipartMaxParts: 10000,
		})
	}()
	await(t, s3Address, ended)
	t.Cleanup(func() {
		stop()
		<-ended
		<-ended
	})
	if s.store, err = storage.NewInternal(s.path("iam")); err != nil {
		t.Fatal(err)
	}
	s.front = httptest.NewTLSServer(s.route("http://"+iamAddress, "http://"+s3Address))
	t.Cleanup(s.front.Close)
	return s
}

func (s *server) path(name string) string { return filepath.Join(s.dir, name) }

// route sends a signed request to the service that its signature names, as it
// came.
func (s *server) route(iamURL, s3URL string) http.Handler {
	to := func(base string) http.Handler {
		u, err := url.Parse(base)
		if err != nil {
			s.t.Fatal(err)
		}
		return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(u)
			r.Out.Host = r.In.Host // it is signed
		}}
	}
	identity, objects := to(iamURL), to(s3URL)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), "/s3/aws4_request") {
			objects.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") == "AssumeRole" {
			s.assume(w, r, form)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		identity.ServeHTTP(w, r)
	})
}

// assume opens a session in versitygw's own store, with the policy that was
// passed. Only the prober may.
func (s *server) assume(w http.ResponseWriter, r *http.Request, form url.Values) {
	w.Header().Set("Content-Type", "text/xml")
	name := strings.TrimPrefix(form.Get("RoleArn"), roleARN)
	role, err := s.store.GetRole(r.Context(), name)
	if err != nil || !strings.Contains(r.Header.Get("Authorization"), rootID) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>"+form.Get("RoleArn")+"</Message></Error></ErrorResponse>")
		return
	}
	n := s.n.Add(1)
	session := types.Session{
		AccessKeyId: fmt.Sprintf("ASIAPEER%012d", n), SecretAccessKey: fmt.Sprintf("peer-session-secret-%020d", n), SessionToken: fmt.Sprintf("peer-session-token-%020d", n),
		RoleArn: role.Arn, RoleName: role.RoleName, RoleID: role.RoleID, RoleSessionName: form.Get("RoleSessionName"),
		CreateDate: time.Now(), Expiration: time.Now().Add(15 * time.Minute), Policy: form.Get("Policy"),
	}
	if _, err := s.store.CreateSession(r.Context(), session); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	_, _ = fmt.Fprintf(w, "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken></Credentials></AssumeRoleResult></AssumeRoleResponse>",
		session.AccessKeyId, session.SecretAccessKey, session.SessionToken)
}

// config is the SDK's, as root.
func (s *server) config() sdk.Config {
	return sdk.Config{
		Region: region, BaseEndpoint: &s.front.URL, HTTPClient: s.front.Client(),
		Credentials: credentials.NewStaticCredentialsProvider(rootID, rootKey, ""),
	}
}

// seed makes the roles and an artifact.
func (s *server) seed() {
	s.t.Helper()
	ctx := s.t.Context()
	client := iam.NewFromConfig(s.config())
	provider, err := client.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: sdk.String("https://ci.corp.example"), ClientIDList: []string{"sts.amazonaws.com"}, ThumbprintList: []string{strings.Repeat("a", 40)},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	trust := func(subject string) *string {
		return sdk.String(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"%s"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"ci.corp.example:sub":"%s"}}}]}`,
			*provider.OpenIDConnectProviderArn, subject))
	}
	roles := map[string]string{
		"Developer":   `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::dev-artifacts/*"}]}`,
		"Release":     `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
		"Reader":      `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*","s3:Get*","s3:List*"],"Resource":"*"}]}`,
		"prod-deploy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
	}
	maps.Copy(roles, scoped())
	for role, policy := range roles {
		trusted := trust("release")
		if role == "prod-deploy" { // no token at all may take it
			trusted = sdk.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"sts:AssumeRole"}]}`)
		}
		if _, err := client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &role, AssumeRolePolicyDocument: trusted}); err != nil {
			s.t.Fatal(err)
		}
		if _, err := client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &role, PolicyName: sdk.String("own"), PolicyDocument: &policy}); err != nil {
			s.t.Fatal(err)
		}
	}
	objects := s3.NewFromConfig(s.config(), func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := objects.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: sdk.String(bucket)}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := objects.PutObject(ctx, &s3.PutObjectInput{Bucket: sdk.String(bucket), Key: sdk.String(artifact), Body: strings.NewReader("release 7")}); err != nil {
		s.t.Fatal(err)
	}
}

// state is all that the server holds, by its own files, but for sessions and
// when roles were last used.
func (s *server) state() string {
	s.t.Helper()
	var out strings.Builder
	for _, dir := range []string{"iam", "s3", "meta"} {
		err := filepath.WalkDir(s.path(dir), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.Contains(path, "backup") || strings.HasSuffix(path, ".lock") {
				return err
			}
			data, err := os.ReadFile(path)
			var kept map[string]any
			if json.Unmarshal(data, &kept) == nil {
				delete(kept, "sessions")
				roles, _ := kept["roles"].(map[string]any)
				for _, role := range roles {
					delete(role.(map[string]any), "RoleLastUsed")
				}
				data, err = json.Marshal(kept)
			}
			fmt.Fprintf(&out, "%s %s\n", path, data)
			return err
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return out.String()
}

func (s *server) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.front.Certificate())
	return pool
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// await waits until somebody listens.
func await(t *testing.T, address string, ended chan error) {
	t.Helper()
	for range 100 {
		select {
		case err := <-ended:
			t.Fatalf("the server ended: %v", err)
		default:
		}
		if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address); err == nil {
			_ = conn.Close()
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("nobody listens on %s", address)
}
