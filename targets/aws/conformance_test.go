package aws

import (
	"io"
	"net/http"
	"testing"

	"github.com/sodprobe/sodprobe/targets/targettest"
)

func TestConformance(t *testing.T) {
	targettest.Run(t, targettest.Harness{Classify: Classify, Oracle: Oracle(), Open: open})
}

// open makes an account in one condition and connects to it.
func open(t *testing.T, condition targettest.Condition) targettest.Bench {
	t.Helper()
	s := newServer(t)
	s.write = writes(condition)
	if condition == targettest.Mistaken {
		s.arn = "arn:aws:sts::" + testAccount + ":assumed-role/Mallory/sodprobe-run"
	}
	if condition == targettest.Elsewhere {
		s.account = "999988887777"
	}
	a, acting := s.connect(t, Identity{AssumeRole: developer})
	if condition == targettest.Absent {
		s.Close()
	}
	call, asked := putCall()
	elsewhere := asked.Asks()
	elsewhere.Resource = developer
	s.allowed = elsewhere.Resource
	return targettest.Bench{
		Pin: a.Pin, Session: acting, Call: call, Asked: asked, State: roleRead("prod"), Missing: roleRead("ghost"),
		Arrived: s.writes, Secrets: []string{ownSecret, newSecret, newToken},
		Open: elsewhere, Names: []string{"subject", "no subject", "action", "resource"},
	}
}

const refusal = "User: " + session + " is not authorized to perform: iam:PutRolePolicy on resource: role prod because no identity-based policy allows the iam:PutRolePolicy action"

// writes answers a write in the way of a condition, nil for letting it
// through.
func writes(condition targettest.Condition) http.HandlerFunc {
	refuse := func(w http.ResponseWriter, _ *http.Request) { fail(w, 403, "AccessDenied", refusal) }
	return map[targettest.Condition]http.HandlerFunc{
		targettest.Refusing: refuse,
		targettest.Scoped:   refuse,
		targettest.Throttled: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0")
			fail(w, 400, "Throttling", "Rate exceeded")
		},
		targettest.Failing: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0")
			fail(w, 503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.")
		},
		targettest.Moved: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		},
		targettest.Cut: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		targettest.Half: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "4096")
			w.WriteHeader(403)
			_, _ = io.WriteString(w, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>"+refusal+"</Message></Error></ErrorResponse>")
		},
		targettest.Echoing: func(w http.ResponseWriter, r *http.Request) {
			fail(w, 400, "ValidationError", "you sent "+r.Header.Get("X-Amz-Security-Token")+" and "+r.Header.Get("Authorization"))
		},
	}[condition]
}
