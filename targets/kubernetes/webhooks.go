package kubernetes

import (
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sodprobe/sodprobe/targets"
)

// webhook recognizes an admission webhook's refusal, whose words follow a
// prefix that the API server writes. What the webhook says after it, such as
// the words of the authorizer, counts for nothing. The status is the webhook's
// own: one that could not decide may say so there, or in its words.
func webhook(s metav1.Status) (targets.Response, bool) {
	message := s.Message
	rest, ok := strings.CutPrefix(message, `admission webhook "`)
	if !ok {
		return targets.Response{}, false
	}
	name, rest, ok := strings.Cut(rest, `" `)
	words, refuses := strings.CutPrefix(rest, "denied the request: ")
	switch {
	case s.Code >= http.StatusInternalServerError || s.Code == http.StatusRequestTimeout:
		return respond(targets.ServerError, "the webhook could not decide: "+message), true
	case s.Code == http.StatusTooManyRequests:
		return respond(targets.Throttled, message), true
	case s.Code == http.StatusUnauthorized:
		return respond(targets.Unknown, message), true
	case ok && refuses && undecided(words):
		return targets.Response{Class: targets.ServerError, Reason: "the webhook could not decide: " + message, Advice: mendWebhook}, true
	case ok && refuses && strings.Contains(words, "must be an image digest"):
		return respond(targets.Invalid, message), true // it asks for another form of image, of everybody
	case ok && (refuses || rest == "denied the request without explanation"):
		return denied(targets.AdmissionWebhook, name, message), true
	case ok && rest == "does not support dry run":
		return respond(targets.Unsupported, message), true
	default:
		return respond(targets.Unknown, message), true
	}
}

const mendWebhook = "the webhook failed closed, whoever asks: mend what it says, and where it checks images give the target one that it can check (image:)"

// undecided reports whether a webhook says that it could not find out what it had
// to: a connection, a certificate, a registry, a root of trust that failed, a
// policy that could not be evaluated.
func undecided(words string) bool {
	return slices.ContainsFunc(failures(), func(f string) bool { return strings.Contains(words, f) })
}

// failures are parts of such words: those of Go's net, net/http, crypto/tls and
// crypto/x509, which most webhooks are built on, of registries' errors (OCI
// distribution specification, "Error codes"; google/go-containerregistry,
// pkg/v1/remote/transport/error.go), and what Sigstore, Kyverno and Gatekeeper put
// before such errors (the cases under testdata/corpus name where each was seen). A
// policy's own words may hold one of them: then nothing is concluded, which is the
// lesser fault.
func failures() []string {
	return []string{
		"dial tcp", "no such host", "i/o timeout", "connection refused", "connection reset by peer", "no route to host", "network is unreachable",
		"server misbehaving", "TLS handshake", "x509: ", "tls: ", "context deadline exceeded", "context canceled", "Client.Timeout exceeded",
		"unexpected EOF", ": EOF", "server gave HTTP response to HTTPS client", "proxyconnect ", "unexpected status code",
		"TOOMANYREQUESTS", "MANIFEST_UNKNOWN", "NAME_UNKNOWN", "UNAUTHORIZED: ", "DENIED: requested access to the resource is denied",
		"tuf: ", "TUF ", "Rekor public keys", "failed calling webhook", "failed to call webhook",
		"failed to load context", "failed to substitute variables", "failed to evaluate", "failed to fetch", "internal error", "panic: ",
	}
}
