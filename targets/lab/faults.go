package lab

import (
	"io"
	"net/http"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Fault is something that goes wrong with every attempt. What the instrument
// itself asks (pins, reviews, reads) stays well, except for an expired
// credential and a cut connection.
type Fault string

// The faults.
const (
	FaultNone            Fault = ""
	FaultExpired         Fault = "expired"          // 401
	FaultThrottled       Fault = "throttled"        // 429 with Retry-After
	FaultReset           Fault = "reset"            // the connection is cut
	FaultProxyPage       Fault = "proxy-page"       // a proxy's 403 in HTML
	FaultSlow            Fault = "slow"             // no answer within a minute
	FaultTruncated       Fault = "truncated"        // half an answer
	FaultServerError     Fault = "server-error"     // 500
	FaultWebhookDown     Fault = "webhook-down"     // a webhook cannot be called
	FaultLying           Fault = "lying"            // a webhook with the authorizer's words
	FaultUnverified      Fault = "unverified"       // a webhook that could not verify an image
	FaultNoImpersonation Fault = "no-impersonation" // the prober lost its right
	FaultAnonymous       Fault = "anonymous"        // the credential was dropped on the way
	FaultConflict        Fault = "conflict"         // each object moves between its reading and its replacement
)

// Faults returns every fault that spoils each attempt; FaultConflict concerns
// replacements alone.
func Faults() []Fault {
	return []Fault{
		FaultExpired, FaultThrottled, FaultReset, FaultProxyPage, FaultSlow, FaultTruncated,
		FaultServerError, FaultWebhookDown, FaultLying, FaultUnverified, FaultNoImpersonation, FaultAnonymous,
	}
}

// unverified is how a webhook refuses that could not reach what it checks an image
// by (kyverno/kyverno#11518).
const unverified = "admission webhook \"mutate.kyverno.svc-fail\" denied the request: \n\nresource Pod/prod/probe was blocked due to the " +
	"following policies\n\ncheck-image:\n  verify-signature: 'failed to verify image registry.corp.example/app:1: .attestors[0].entries[0].keys: " +
	"failed to load Rekor public keys: dial tcp: lookup tuf-repo-cdn.sigstore.dev on 10.0.0.10:53: server misbehaving'"

// SetReason makes the authorizer give a reason for each refusal of an attempt, as
// one that is a webhook does; "" for none.
func (k *Kubernetes) SetReason(text string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reason = text
}

// because is that reason, as it stands after the sentence.
func (k *Kubernetes) because(r *http.Request) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.reason == "" || k.instrument(r) {
		return ""
	}
	return ": " + k.reason
}

// SetFault switches a fault on for all requests from now on.
func (k *Kubernetes) SetFault(f Fault) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fault = f
}

func (k *Kubernetes) faultIs(f Fault) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.fault == f
}

// instrument tells what a run asks for itself from what it attempts.
func (k *Kubernetes) instrument(r *http.Request) bool {
	i := parse(r)
	if who, refused := k.authenticate(r); refused == nil && who.name != Prober && r.Header.Get("Impersonate-User") != "" {
		return false // somebody's own attempt to act as another
	}
	return !i.prefix || strings.HasPrefix(i.resource, "selfsubject") ||
		(r.Method == http.MethodGet && (r.Header.Get("Impersonate-User") == Reader || i.sub == "" && r.Header.Get("Impersonate-User") == ""))
}

// faulty answers in the way of the fault that is on. It reports whether it
// did.
func (k *Kubernetes) faulty(w *answer, r *http.Request) bool {
	k.mu.Lock()
	fault := k.fault
	k.mu.Unlock()
	if fault == FaultNone || fault == FaultNoImpersonation || fault == FaultConflict {
		return false
	}
	if k.instrument(r) && fault != FaultExpired {
		return false
	}
	i := parse(r)
	switch fault {
	case FaultExpired:
		w.status(failure(http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized", nil))
	case FaultThrottled:
		w.Header().Set("Retry-After", "1")
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, "Too many requests, please try again later.")
	case FaultReset:
		panic(http.ErrAbortHandler) // net/http's own way to cut a connection
	case FaultProxyPage:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<html><body><h1>403 Forbidden</h1>The proxy denies access.</body></html>")
	case FaultSlow:
		select {
		case <-r.Context().Done():
		case <-time.After(time.Minute):
		}
	case FaultTruncated:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "4096")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"`)
		panic(http.ErrAbortHandler)
	case FaultServerError:
		w.status(
			failure(http.StatusInternalServerError, metav1.StatusReasonInternalError, "Internal error occurred: etcdserver: request timed out", nil),
		)
	case FaultWebhookDown:
		w.status(failure(
			http.StatusInternalServerError,
			metav1.StatusReasonInternalError,
			`Internal error occurred: failed calling webhook "policy.corp.example": failed to call webhook: Post "https://policy.corp.example/": dial tcp: connection refused`,
			nil,
		))
	case FaultLying:
		s := forbidden(i, cannot(user{name: r.Header.Get("Impersonate-User")}, i))
		w.status(
			failure(http.StatusForbidden, metav1.StatusReasonForbidden, `admission webhook "rbac.corp.example" denied the request: `+s.Message, nil),
		)
	case FaultUnverified:
		w.status(failure(http.StatusBadRequest, "", unverified, nil))
	case FaultAnonymous:
		w.status(forbidden(i, cannot(user{name: "system:anonymous"}, i)))
	case FaultNone, FaultNoImpersonation, FaultConflict:
	}
	return true
}
