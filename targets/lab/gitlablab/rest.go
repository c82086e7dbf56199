package gitlablab

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

type object = map[string]any

// reply is a status and a JSON body.
type reply struct {
	status int
	body   any
}

// call is one request to the REST API by a known account.
type call struct {
	*GitLab
	as   *account
	r    *http.Request
	body object
	// run runs git on the repository, for as long as the request lasts.
	run func(args ...string) (string, error)
}

func say(status int, message any) reply { return reply{status, object{"message": message}} }

func forbidden() reply { return say(http.StatusForbidden, "403 Forbidden") }

func missing(what string) reply { return say(http.StatusNotFound, "404 "+what) }

func send(w http.ResponseWriter, out reply) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(out.status)
	_ = json.NewEncoder(w).Encode(out.body) // the client has gone, then
}

// routes are the instance's.
func (g *GitLab) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, answer := range g.reads() {
		mux.Handle("GET /api/v4/"+pattern, g.rest(answer))
	}
	for pattern, answer := range g.writes() {
		mux.Handle(pattern, g.rest(answer))
	}
	mux.HandleFunc("GET /jwt/auth", g.registry)
	mux.HandleFunc("/{group}/{project}/info/refs", g.serveGit)
	mux.HandleFunc("/{group}/{project}/git-receive-pack", g.serveGit)
	return mux
}

// rest authenticates, as GitLab does before everything else.
func (g *GitLab) rest(answer func(call) reply) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "01LAB"+strconv.Itoa(len(g.Requests())))
		a := g.byToken(r.Header.Get("Private-Token"))
		g.heard(r, a)
		if g.faulty(w, r, a) {
			return
		}
		ctx := r.Context()
		c := call{GitLab: g, as: a, r: r, body: object{}, run: func(args ...string) (string, error) { return g.git(ctx, args...) }}
		data, err := io.ReadAll(r.Body)
		switch {
		case a == nil:
			send(w, say(http.StatusUnauthorized, "401 Unauthorized"))
		case err != nil || len(data) > 0 && json.Unmarshal(data, &c.body) != nil:
			send(w, say(http.StatusBadRequest, "400 Bad request"))
		case r.PathValue("project") != "" && r.PathValue("project") != strconv.Itoa(ProjectID):
			send(w, missing("Project Not Found"))
		default:
			send(w, answer(c))
		}
	}
}

func ok(body any) reply { return reply{http.StatusOK, body} }

// onlyPremium answers as an edition that is licensed, or as one that is not.
func (g *GitLab) onlyPremium(answer func(call) reply) func(call) reply {
	return func(c call) reply {
		if !g.licensed() {
			return forbidden()
		}
		return answer(c)
	}
}

// maintainers lets maintainers through to an answer.
func (g *GitLab) maintainers(answer func(call) reply) func(call) reply {
	return func(c call) reply {
		if !c.as.maintains() {
			return forbidden()
		}
		return answer(c)
	}
}
