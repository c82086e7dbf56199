package gitlab

import (
	"io"
	"net/http"
	"testing"

	"github.com/sodprobe/sodprobe/targets/targettest"
)

func TestConformance(t *testing.T) {
	targettest.Run(t, targettest.Harness{Classify: Classify, Oracle: Oracle(), Open: open})
}

// open makes a server in one condition and connects to it.
func open(t *testing.T, condition targettest.Condition) targettest.Bench {
	t.Helper()
	s := newServer(t)
	s.write = writes(condition)
	if condition == targettest.Mistaken {
		s.username = "mallory"
	}
	p, session := s.connect(t, func(g *Target) {
		if condition == targettest.Elsewhere {
			g.Project = "payments/other"
		}
	})
	if condition == targettest.Absent {
		s.Close()
	}
	call, asked := commitCall()
	rules := asked.Asks()
	if condition == targettest.Scoped { // where the role alone decides, and no protection
		for path, body := range readable() {
			if body != "404" {
				s.answers[api+path] = body
			}
		}
		s.answers[api+"projects/42"] = `{"id":42,"path_with_namespace":"payments/api","namespace":{"kind":"group"},"shared_with_groups":[]}`
		call, asked = variableCall()
	}
	rules.Verb = "PUT /projects/:id/merge_requests/:iid/approval_rules/:approval_rule_id"
	return targettest.Bench{
		Pin: p.Pin, Session: session, Call: call, Asked: asked,
		State: readOf("protected_branches/main", "/name", "/push_access_levels"), Missing: readOf("protected_branches/ghost", "/name"),
		Open: rules, Arrived: s.writes, Secrets: []string{token},
		Names: []string{"action", "no subject"}, // GitLab's words name neither who nor what
	}
}

// writes answers a write in the way of a condition, nil for letting it
// through.
func writes(condition targettest.Condition) http.HandlerFunc {
	return map[targettest.Condition]http.HandlerFunc{
		targettest.Refusing: func(w http.ResponseWriter, _ *http.Request) {
			fail(w, 403, "403 Forbidden - You are not allowed to push into this branch")
		},
		targettest.Scoped: func(w http.ResponseWriter, _ *http.Request) { fail(w, 403, "403 Forbidden") },
		targettest.Throttled: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0")
			fail(w, 429, map[string]string{"error": "This endpoint has been requested too many times. Try again later."})
		},
		targettest.Failing: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0")
			fail(w, 503, "503 Service Unavailable")
		},
		targettest.Moved: redirect,
		targettest.Cut:   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		targettest.Half: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "4096")
			w.WriteHeader(403)
			_, _ = io.WriteString(w, `{"message":"403 Forbidden - You are not allowed to push into this branch"}`)
		},
		targettest.Echoing: func(w http.ResponseWriter, r *http.Request) { fail(w, 400, "you sent "+r.Header.Get("Private-Token")) },
	}[condition]
}
