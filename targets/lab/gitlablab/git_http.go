package gitlablab

import (
	"net/http"
	"net/http/cgi" //nolint:gosec // Go 1.6.3 is long past
	"os/exec"
)

// serveGit serves the repository over smart HTTP, through git's own backend.
func (g *GitLab) serveGit(w http.ResponseWriter, r *http.Request) {
	username, token, _ := r.BasicAuth()
	a := g.byToken(token)
	g.heard(r, a)
	switch {
	case g.faulty(w, r, a):
		return
	case a == nil || a.username != username && username != "oauth2":
		w.Header().Set("Www-Authenticate", `Basic realm="GitLab"`)
		plain(
			w,
			http.StatusUnauthorized,
			"HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token instead of a password.",
		)
		return
	case r.PathValue("group")+"/"+r.PathValue("project") != Project+".git":
		g.change("created the project %s", r.URL.Path) // as a push to a new path does
		plain(w, http.StatusNotFound, "The project you were looking for could not be found or you don't have permission to view it.")
		return
	case !a.develops():
		plain(w, http.StatusForbidden, "You are not allowed to push code to this project.")
		return
	}
	path, err := exec.LookPath("git")
	if err != nil {
		plain(w, http.StatusServiceUnavailable, "Git is not installed")
		return
	}
	(&cgi.Handler{
		Path: path, Args: []string{"http-backend"}, Dir: g.repository(),
		Env: append(g.hookEnvironment(a), "GIT_PROJECT_ROOT="+g.cfg.Dir, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER="+a.username,
			"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C"),
	}).ServeHTTP(w, r)
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}
