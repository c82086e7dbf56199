package kubernetes

import (
	"io"
	"net/http"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"

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
		s.sees = func(_ string, groups []string) (string, []string) { return "mallory", groups }
	}
	if condition == targettest.Scoped {
		s.reviews[rulesReview] = authorizationv1.SubjectRulesReviewStatus{ResourceRules: []authorizationv1.ResourceRule{
			{Verbs: []string{"update"}, APIGroups: []string{"apps"}, Resources: []string{"deployments"}, ResourceNames: []string{"api"}},
		}}
	}
	config := s.config()
	if condition == targettest.Elsewhere {
		clusterOf(config.Target).UID = "another"
	}
	c, err := Connect(config)
	if err != nil {
		t.Fatal(err)
	}
	if condition == targettest.Absent {
		s.Close()
	}
	asked := patchAPI()
	update := asked.Asks()
	update.Verb = "update"
	return targettest.Bench{
		Pin: c.Pin, Session: assume(t, c, alice()), Call: patchCall(), Asked: asked,
		State: state(apiPath, "api", "/spec/replicas"), Missing: state(ghostPath, "ghost"),
		Open: update, Arrived: s.writes, Secrets: []string{token},
	}
}

// writes answers a write in the way of a condition, nil for letting it
// through.
func writes(condition targettest.Condition) http.HandlerFunc {
	refuse := func(w http.ResponseWriter, _ *http.Request) { fail(w, 403, "Forbidden", head+words) }
	return map[targettest.Condition]http.HandlerFunc{
		targettest.Refusing: refuse,
		targettest.Scoped:   refuse,
		targettest.Throttled: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0")
			fail(w, 429, "TooManyRequests", "slow down")
		},
		targettest.Failing: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0")
			fail(w, 503, "ServiceUnavailable", "later")
		},
		targettest.Moved: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			http.Redirect(w, r, apiPath, http.StatusTemporaryRedirect)
			_, _ = io.WriteString(w, "<a>moved</a>")
		},
		targettest.Cut: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		targettest.Half: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "4096")
			w.WriteHeader(403)
			_, _ = io.WriteString(w, forbids(head+words).Body)
		},
		targettest.Echoing: func(w http.ResponseWriter, r *http.Request) {
			fail(w, 400, "BadRequest", "you sent "+r.Header.Get("Authorization"))
		},
	}[condition]
}
