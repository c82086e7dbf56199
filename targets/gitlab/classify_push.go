package gitlab

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// pushed judges what git-receive-pack answered. The order of its checks
// (builtin/receive-pack.c, 2.39.5): the pack is unpacked, the pre-receive hook
// decides, and only then is the old hash compared with the ref's.
func pushed(c targets.Case, g targets.GitReport) targets.Response {
	said, one := spoken(g)
	for _, ref := range g.Refs {
		if ref.Status == "ok" { // whichever it is, and whatever else the report says
			return respond(targets.Mutated, "the server took the push of "+ref.Ref)
		}
	}
	switch {
	case g.Unpack == "" && len(g.Refs) == 0:
		return unreported(c, said, one)
	case g.Unpack == "server is busy": // Workhorse writes it where the report would be (writeReceivePackError)
		return respond(targets.Throttled, "the server is busy, and judged nothing: "+words(g))
	case g.Unpack != "ok":
		return respond(targets.Invalid, "the pack was not read, so no hook ran: "+g.Unpack)
	case len(g.Refs) != 1 || c.Resource != "" && g.Refs[0].Ref != c.Resource:
		return respond(targets.Unknown, "the report is not about the ref that was pushed")
	}
	switch ref := g.Refs[0]; {
	case ref.Status != "ng":
		return respond(targets.Unknown, fmt.Sprintf("a report of the status %q", ref.Status))
	case lostRace(ref.Reason):
		return respond(targets.Reached, "every check let it through; only the old hash did not fit: "+ref.Reason)
	case ref.Reason == "missing necessary objects" || strings.HasPrefix(ref.Reason, "unpacker error"):
		return respond(targets.Invalid, ref.Reason)
	case ref.Reason == "pre-receive hook declined":
		return declined(c, said, one)
	default:
		return respond(targets.Unknown, ref.Reason)
	}
}

// spoken returns what GitLab's hook said, and whether that is one message.
// GitLab wraps every failure of its own in the same form, so that the words
// alone tell a denial from an outage.
func spoken(g targets.GitReport) (string, bool) {
	var found []string
	for _, part := range []string{g.Sideband, g.Fatal} {
		found = append(found, messages(part)...)
	}
	slices.Sort(found)
	found = slices.Compact(found)
	if len(found) != 1 {
		return strings.Join(found, "; "), false
	}
	return found[0], true
}

// messages are what GitLab's hook says on a side band: each begins on the line
// that begins with GitLab:, which may be all of that line.
func messages(band string) []string {
	var found []string
	for line := range strings.SplitSeq(band, "\n") {
		line = strings.TrimRight(strings.TrimPrefix(line, "remote: "), " \r")
		if text, begins := strings.CutPrefix(line+" ", "GitLab: "); begins {
			found = append(found, strings.TrimSpace(text))
		} else if len(found) > 0 {
			found[len(found)-1] += "\n" + line
		}
	}
	for i := range found {
		found[i] = strings.TrimSpace(found[i])
	}
	return found
}

// words are all that came beside the report, on one line.
func words(g targets.GitReport) string {
	return strings.Join(strings.Fields(g.Sideband+" "+g.Fatal), " ")
}

// declined judges a push that the pre-receive hook refused.
func declined(c targets.Case, said string, one bool) targets.Response {
	if !one {
		return respond(targets.Unknown, "the hook refused, and not in one message of GitLab's: "+words(*c.Exchange.Git))
	}
	return inWords(c, said)
}

// inWords looks a message of GitLab's up.
func inWords(c targets.Case, said string) targets.Response {
	m, ok := find(pushMarkers(), "", 0, said)
	if !ok || m.class == targets.Denied && c.Subject == "" {
		return respond(targets.Unknown, "a refusal that is not on the list: "+said)
	}
	return m.respond(said)
}

// unreported judges a conversation that ended before any report. Over SSH,
// gitlab-shell says on its error channel why none was begun; a hook's refusal
// counts nowhere without the report that says which ref it kept.
func unreported(c targets.Case, said string, one bool) targets.Response {
	g := *c.Exchange.Git
	if one {
		if got := inWords(c, said); got.Class != targets.Denied {
			return got
		}
		return respond(targets.Unknown, "the hook refused, and no report says that the ref stayed: "+said)
	}
	var lines []string
	for line := range strings.SplitSeq(g.Fatal, "\n") {
		line = strings.TrimPrefix(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "remote:")), "ERROR: ")
		if strings.Trim(line, "= ") != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) != 1 || g.Sideband != "" || c.Exchange.Status != 0 {
		return respond(targets.Unknown, "no report of the push: "+words(g))
	}
	return inWords(c, lines[0])
}

// beforePush judges an answer over HTTP that came instead of a report.
func beforePush(c targets.Case) targets.Response {
	x := c.Exchange
	text, kind := strings.TrimSpace(x.Body), contentType(x)
	switch {
	case kind == "application/x-git-receive-pack-result" && x.Status >= http.StatusInternalServerError:
		return respond(targets.ServerError, fmt.Sprintf("HTTP %d of git-receive-pack, and no report", x.Status))
	case kind != "text/plain" && kind != "":
		return foreign(x)
	case x.Status == http.StatusUnauthorized:
		return respond(targets.Unauthenticated, text)
	case x.Status == http.StatusForbidden || x.Status == http.StatusNotFound || x.Status == http.StatusUnprocessableEntity:
		if m, ok := find(pushMarkers(), "", 0, text); ok && (m.class != targets.Denied || c.Subject != "") {
			return m.respond(text)
		}
		return foreign(x)
	case x.Status == http.StatusTooManyRequests:
		return respond(targets.Throttled, text)
	case x.Status >= http.StatusInternalServerError:
		return respond(targets.ServerError, fmt.Sprintf("HTTP %d: %s", x.Status, text))
	default:
		return respond(targets.Unknown, fmt.Sprintf("HTTP %d: %s", x.Status, text))
	}
}
