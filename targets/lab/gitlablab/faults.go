package gitlablab

import (
	"fmt"
	"io"
	"net/http"
)

// Fault is something that goes wrong with every attempt. What the instrument
// itself asks (who the caller is, the project, the observer's reads) stays
// well, except where the fault is about that.
type Fault string

// The faults.
const (
	FaultNone           Fault = ""
	FaultInternalAPI    Fault = "internal-api"    // Gitaly cannot ask Rails, dressed as a refusal of the hook
	FaultThrottled      Fault = "throttled"       // 429 of an application limit
	FaultRackAttack     Fault = "rack-attack"     // 429 in plain text
	FaultBanned         Fault = "banned"          // the address is banned
	FaultExpired        Fault = "expired"         // the token has expired
	FaultScope          Fault = "scope"           // the token's scopes do not suffice
	FaultArchived       Fault = "archived"        // the project is archived
	FaultMaintenance    Fault = "maintenance"     // a page of the load balancer
	FaultLostMembership Fault = "lost-membership" // 404 for a project that is there
	FaultProxyPage      Fault = "proxy-page"      // a proxy's 403 in HTML
	FaultReset          Fault = "reset"           // the connection is cut
	FaultOverloaded     Fault = "overloaded"      // Gitaly takes no more requests
)

// Faults returns every fault but none.
func Faults() []Fault {
	return []Fault{
		FaultInternalAPI, FaultThrottled, FaultRackAttack, FaultBanned, FaultExpired, FaultScope, FaultArchived,
		FaultMaintenance, FaultLostMembership, FaultProxyPage, FaultReset, FaultOverloaded,
	}
}

// SetFault switches a fault on for all requests from now on.
func (g *GitLab) SetFault(f Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fault = f
}

func (g *GitLab) faultIs(f Fault) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.fault == f
}

// overload is what GitLab says where Gitaly is over its limit.
const overload = "GitLab is currently unable to handle this request due to load."

// busy answers in place of a report, as Workhorse does (workhorse/internal/git/receive-pack.go
// and error.go, writeReceivePackError).
func busy(w http.ResponseWriter) {
	packet := func(text string) string { return fmt.Sprintf("%04x%s", len(text)+4, text) }
	w.Header().Set("Content-Type", "application/x-git-receive-pack-result")
	_, _ = io.WriteString(w, packet("\x01"+packet("unpack server is busy\n")+"0000")+packet("\x02"+overload+"\n")+"0000")
}

// instrument tells what a run asks for itself from what it attempts.
func instrument(r *http.Request, a *account) bool {
	switch r.URL.Path {
	case "/api/v4/user", "/api/v4/metadata", "/api/v4/personal_access_tokens/self", "/api/v4/projects/42":
		return true
	}
	return r.Method == http.MethodGet && (a != nil && a.username == Reader || r.PathValue("user") != "")
}

// faulty answers in the way of the fault that is on. It reports whether it
// did.
func (g *GitLab) faulty(w http.ResponseWriter, r *http.Request, a *account) bool {
	g.mu.Lock()
	fault := g.fault
	g.mu.Unlock()
	if fault == FaultNone || instrument(r, a) && fault != FaultExpired || fault == FaultExpired && a != nil && a.username == Reader {
		return false
	}
	git := r.PathValue("group") != ""
	switch fault {
	case FaultInternalAPI:
		if git {
			return false // the hook says it
		}
		send(w, say(http.StatusInternalServerError, "500 Internal Server Error"))
	case FaultOverloaded:
		if git && r.Method == http.MethodGet {
			return false // the limit is that of receive-pack
		}
		if git {
			busy(w)
			break
		}
		send(w, say(http.StatusServiceUnavailable, overload))
	case FaultThrottled:
		w.Header().Set("Retry-After", "60")
		send(
			w,
			reply{
				http.StatusTooManyRequests,
				object{"message": object{"error": "This endpoint has been requested too many times. Try again later."}},
			},
		)
	case FaultRackAttack:
		plain(w, http.StatusTooManyRequests, "Retry later\n")
	case FaultBanned:
		plain(w, http.StatusForbidden, "Forbidden\n")
	case FaultExpired:
		send(
			w,
			reply{
				http.StatusUnauthorized,
				object{"error": "invalid_token", "error_description": "Token is expired. You can either do re-authorization or token refresh."},
			},
		)
	case FaultScope:
		if git {
			plain(w, http.StatusForbidden, "You are not allowed to upload code.")
			return true
		}
		send(
			w,
			reply{
				http.StatusForbidden,
				object{
					"error":             "insufficient_scope",
					"error_description": "The request requires higher privileges than provided by the access token.",
					"scope":             "api",
				},
			},
		)
	case FaultArchived:
		if git {
			plain(w, http.StatusForbidden, "You can't push code to an archived project.")
			return true
		}
		send(w, say(http.StatusForbidden, "403 Forbidden"))
	case FaultMaintenance:
		page(w, http.StatusServiceUnavailable, "GitLab is not responding")
	case FaultLostMembership:
		if git {
			plain(w, http.StatusNotFound, "The project you were looking for could not be found or you don't have permission to view it.")
			return true
		}
		send(w, say(http.StatusNotFound, "404 Project Not Found"))
	case FaultProxyPage:
		page(w, http.StatusForbidden, "The proxy denies access.")
	case FaultReset:
		panic(http.ErrAbortHandler) // net/http's own way to cut a connection
	case FaultNone:
	}
	return true
}

func page(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<html><body><h1>" + text + "</h1></body></html>"))
}
