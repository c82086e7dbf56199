package gitea

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
)

// projectID is what the front calls the repository.
const projectID = 42

// front puts GitLab's questions to Gitea's API and passes git's traffic
// through. It counts the pushes that arrive.
func (s *server) front(t *testing.T) *httptest.Server {
	t.Helper()
	to, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/"+repo+".git/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }})
	const project = "GET /api/v4/projects/42"
	answer := func(pattern string, of func(url.Values) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			body, err := of(r.URL.Query())
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(body)
		})
	}
	answer(project, func(url.Values) (any, error) {
		return map[string]any{"id": projectID, "path_with_namespace": repo}, nil
	})
	answer(project+"/repository/commits", func(q url.Values) (any, error) {
		return s.commits("commits?stat=false&files=false&verification=false&limit="+q.Get("per_page")+"&sha="+q.Get("ref_name"), func(raw []byte) ([]commit, error) {
			var list []commit
			return list, json.Unmarshal(raw, &list)
		})
	})
	answer(project+"/repository/compare", func(q url.Values) (any, error) {
		list, err := s.commits("compare/"+q.Get("from")+"..."+q.Get("to"), func(raw []byte) ([]commit, error) {
			var out struct{ Commits []commit }
			err := json.Unmarshal(raw, &out)
			return out.Commits, err
		})
		if err != nil || len(list) == 0 {
			return map[string]any{"commits": list}, err
		}
		return map[string]any{"commits": list, "commit": list[0]}, nil
	})
	f := httptest.NewTLSServer(mux)
	t.Cleanup(f.Close)
	return f
}

// commit is Gitea's.
type commit struct {
	SHA     string
	Parents []struct{ SHA string }
}

// commits reads a list of commits and says it in GitLab's words.
func (s *server) commits(path string, decode func([]byte) ([]commit, error)) ([]any, error) {
	raw, err := s.ask(http.MethodGet, owner, "repos/"+repo+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	list, err := decode(raw)
	out := []any{}
	for _, c := range list {
		parents := []string{}
		for _, p := range c.Parents {
			parents = append(parents, p.SHA)
		}
		out = append(out, map[string]any{"id": c.SHA, "parent_ids": parents})
	}
	return out, err
}
