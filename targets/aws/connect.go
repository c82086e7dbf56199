package aws

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"golang.org/x/time/rate"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// Keys are credentials of AWS. Token is "" for long-lived ones.
type Keys struct{ ID, Secret, Token string }

// Source gives the prober's own credentials and the way to the network.
type Source struct {
	// Keys are a profile's, or with "" those that the SDK finds by itself.
	Keys func(ctx context.Context, profile string) (Keys, error)
	// Transport is what the guard sits on.
	Transport *http.Transport
}

// errConfiguration says it in our own words: the SDK's may repeat what stands there.
var errConfiguration = errors.New("the AWS configuration cannot be read: aws configure list says more")

// FromSDK is the source that every tool of AWS uses: environment, shared
// configuration, SSO, web identity, instance role; AWS_CA_BUNDLE and proxies.
// Signing in is the SDK's own and follows its configuration; the requests of
// probes go to the services themselves, whatever AWS_ENDPOINT_URL says.
func FromSDK(ctx context.Context) (Source, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return Source{}, errConfiguration
	}
	client, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		client = awshttp.NewBuildableClient()
	}
	return Source{Transport: client.GetTransport(), Keys: func(ctx context.Context, profile string) (Keys, error) {
		cfg, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(profile))
		if err != nil {
			return Keys{}, errConfiguration
		}
		found, err := cfg.Credentials.Retrieve(ctx)
		if err != nil {
			return Keys{}, errors.New("the AWS SDK has no credentials for this: aws sts get-caller-identity says more")
		}
		return Keys{found.AccessKeyID, found.SecretAccessKey, found.SessionToken}, nil
	}}, nil
}

// FromKeys is a source with one set of credentials, over TLS under the given
// roots.
func FromKeys(keys Keys, transport *http.Transport) Source {
	return Source{Transport: transport, Keys: func(context.Context, string) (Keys, error) { return keys, nil }}
}

// Config is what a connection to an account is made of.
type Config struct {
	Target targets.Target
	// Reader is an observer. It compares the account with the approved one and
	// asks for predictions.
	Reader targets.Identity
	Source Source
	// Roots are the certificates to trust; nil means the source's own.
	Roots *x509.CertPool
	// Secret looks a web identity's token up.
	Secret func(targets.Secret) (string, error)
	// Budget is shared by all targets of a run.
	Budget *targets.Budget
	// SessionNames are those that the scenario's identities say, beside which no
	// session bears another than the run's.
	SessionNames []string
	// Marker is the run's name: of sessions, or where these bear a person's of
	// their source identity, and in what would be created. UserAgent carries it,
	// too.
	Marker    string
	UserAgent string
	// Timeout bounds one request.
	Timeout time.Duration
	// Patience is how long to wait before AWS's record of a denial is asked for
	// again, each time twice as long; 0 for a second.
	Patience time.Duration
	Now      func() time.Time
}

// Account is one pinned account in one region. It is safe for concurrent use.
type Account struct {
	cfg      Config
	services map[string]service
	hosts    map[string]string
	guard    *guard.Guard
	client   *http.Client
	signer   *v4.Signer

	mu      sync.Mutex
	readers map[string]*readerKeys // of observers, by identity id
	known   map[string]*answered   // what is asked once
	// unrecorded says that the observer may not read AWS's records of denials.
	unrecorded atomic.Bool
}

// Connect prepares a connection. It sends nothing.
func Connect(cfg Config) (*Account, error) {
	t := accountOf(cfg.Target)
	if t.Endpoint != "" {
		if u, err := url.Parse(t.Endpoint); err != nil || u.Scheme != "https" || t.Endpoint != "https://"+u.Host || u.Hostname() == "" {
			return nil, fmt.Errorf("the endpoint %q is not https://HOST[:PORT]", t.Endpoint)
		}
	}
	if t.Endpoint != "" && !t.Emulator && !ofAWS(t.Endpoint, services(t.PartitionOf(), t.Region)) {
		return nil, fmt.Errorf(
			"the endpoint %q is not AWS's, and a look-alike may take what AWS refuses: its owner has to say emulator: true",
			t.Endpoint,
		)
	}
	all := services(t.PartitionOf(), t.Region)
	a := &Account{
		cfg: cfg, services: all, hosts: hosts(all, t.Endpoint), readers: map[string]*readerKeys{}, known: map[string]*answered{},
		signer: v4.NewSigner(),
	}
	transport := cfg.Source.Transport.Clone()
	// HTTP/2 could send a request again by itself.
	transport.Protocols = &http.Protocols{}
	transport.Protocols.SetHTTP1(true)
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	transport.TLSClientConfig.NextProtos = nil
	if cfg.Roots != nil {
		transport.TLSClientConfig.RootCAs = cfg.Roots
	}
	a.guard = guard.New(guard.Config{
		Services: a.hosts, UserAgent: cfg.UserAgent, Limit: rate.Limit(cfg.Target.RequestsPerSecond), Budget: cfg.Budget,
		Timeout: cfg.Timeout, Invariant: Invariant(cfg.Marker, cfg.SessionNames...), Now: cfg.Now, Headers: Headers(),
	})
	a.client = &http.Client{
		Transport:     a.guard.Over(transport),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return a, nil
}

// ofAWS reports whether an endpoint is AWS's own: a VPC endpoint, or a service's, in
// any of its forms ("AWS service endpoints", AWS General Reference; "Access an AWS
// service using an interface VPC endpoint", AWS PrivateLink). Other names in AWS's
// domains lead to what customers run there: instances, balancers, gateways.
func ofAWS(endpoint string, all map[string]service) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	form := regexp.MustCompile(`^(?:api\.)?([a-z0-9]+?)(?:-fips)?(?:\.dualstack)?(?:\.[a-z]{2}(?:-[a-z]+)+-[0-9]+)?$`)
	for _, domain := range []string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn"} {
		below, ours := strings.CutSuffix(u.Hostname(), domain)
		name := form.FindStringSubmatch(below)
		switch {
		case !ours:
		case strings.HasSuffix(below, ".vpce"):
			return true
		case name != nil:
			_, known := all[name[1]]
			return known
		}
	}
	return false
}

// Headers are those of AWS's requests that a guard has to know.
func Headers() targets.Headers {
	return targets.Headers{
		Identity: []string{"X-Amz-Security-Token"}, Allowed: append(meaningful(), "X-Amz-Content-Sha256", "X-Amz-Date"),
		Sent:     []string{"X-Amz-Target"},
		Answered: []string{"X-Amz-Id-2", "X-Amz-Request-Id", "X-Amz-Version-Id", "X-Amzn-Errortype", "X-Amzn-Requestid"},
	}
}

// sessionARN is what the server calls a session of a role.
func (a *Account) sessionARN(role, session string) string {
	_, rest, _ := strings.Cut(role, ":iam::")
	account, path, _ := strings.Cut(rest, ":role/")
	name := path[strings.LastIndex(path, "/")+1:]
	return "arn:" + accountOf(a.cfg.Target).PartitionOf() + ":sts::" + account + ":assumed-role/" + name + "/" + session
}

// sdkKeys are the keys as the signer wants them.
func (k Keys) sdkKeys() sdk.Credentials {
	return sdk.Credentials{AccessKeyID: k.ID, SecretAccessKey: k.Secret, SessionToken: k.Token}
}
