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
	switch {
	case g.Unpack == "" && len(g.Refs) == 0:
		return unreported(c, said, one)
	case g.Unpack != "ok":
		return respond(targets.Invalid, "the pack was not read, so no hook ran: "+g.Unpack)
	case len(g.Refs) != 1 || c.Resource != "" && g.Refs[0].Ref != c.Resource:
		return respond(targets.Unknown, "the report is not about the ref that was pushed")
	}
	switch ref := g.Refs[0]; {
	case ref.Status == "ok":
		return respond(targets.Mutated, "the server took the push of "+ref.Ref)
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
		var lines []string
		for line := range strings.SplitSeq(part, "\n") {
			lines = append(lines, strings.TrimRight(strings.TrimPrefix(line, "remote: "), " \r"))
		}
		text := strings.Join(lines, "\n")
		for i, message := range strings.Split("\n"+text, "\nGitLab: ") {
			if i > 0 {
				found = append(found, strings.TrimSpace(message))
			}
		}
	}
	slices.Sort(found)
	found = slices.Compact(found)
	if len(found) != 1 {
		return strings.Join(found, "; "), false
	}
	return found[0], true
}

// declined judges a push that the pre-receive hook refused.
func declined(c targets.Case, said string, one bool) targets.Response {
	if !one {
		return respond(targets.Unknown, "the hook refused, and not in one message of GitLab's: "+said)
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

// unreported judges a conversation that ended before any report: over SSH,
// gitlab-shell says why on its error channel.
func unreported(c targets.Case, said string, one bool) targets.Response {
	if one {
		return inWords(c, said)
	}
	var words []string
	for line := range strings.SplitSeq(c.Exchange.Git.Fatal, "\n") {
		line = strings.TrimPrefix(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "remote:")), "ERROR: ")
		if strings.Trim(line, "= ") != "" {
			words = append(words, line)
		}
	}
	if len(words) != 1 {
		return respond(targets.Unknown, "no report of the push: "+strings.Join(words, " "))
	}
	return inWords(c, words[0])
}

// beforePush judges an answer over HTTP that came instead of a report.
func beforePush(c targets.Case) targets.Response {
	x := c.Exchange
	text, kind := strings.TrimSpace(x.Body), contentType(x)
	switch {
	case kind != "text/plain" && kind != "":
		return foreign(x)
	case x.Status == http.StatusUnauthorized:
		return respond(targets.Unauthenticated, text)
	case x.Status == http.StatusForbidden || x.Status == http.StatusNotFound:
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
