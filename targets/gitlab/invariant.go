package gitlab

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sodprobe/sodprobe/targets"
)

// What makes a request defeat itself. None can stand for a real thing.
const (
	// Nowhere is a commit that no repository holds.
	Nowhere = "50dbadc0de50dbadc0de50dbadc0de50dbadc0de"
	// NoID is the highest id that GitLab's database can hold.
	NoID = "2147483647"
	// NoCron is no cron line.
	NoCron = "sod-invalid"
	// NoLevel is no access level. One above Guest's would be put into the queue of
	// promotions before GitLab asks who may add members (Ultimate, since 17.2).
	NoLevel = 7
	// NoExpiry is a day on which no membership can end any more.
	NoExpiry = "2000-01-01"
	// NoMoment is a moment at which no key can end any more, in the form of ISO 8601
	// that the API wants.
	NoMoment = NoExpiry + "T00:00:00Z"
	// NoKey is no SSH key.
	NoKey = "not-a-key"
	// NoPattern is no regular expression.
	NoPattern = "["
	// LongAgo is a moment since which everything has changed: GitLab deletes
	// nothing under If-Unmodified-Since that did (destroy_conditionally!,
	// lib/api/helpers.rb).
	LongAgo = "Thu, 01 Jan 1970 00:00:00 GMT"
	// NoVariable is no name of a variable.
	NoVariable = "sod probe!"
)

// invariant is the adapter's last word to the guard: whatever a rule allows, a
// request that could take effect does not leave. Reads may; of writes, only
// the forms listed here.
func (p *Project) invariant(r *http.Request, body []byte, shown []string) error {
	path := r.URL.EscapedPath()
	repository := "/" + projectOf(p.cfg.Target).Project + ".git/"
	switch {
	case path == repository+"git-receive-pack" && r.Method == http.MethodPost:
		return nil // the guard has read the push itself
	case path == repository+"info/refs" && r.Method == http.MethodGet:
		return nil
	case path == registryAuth && r.Method == http.MethodGet:
		name, ok := strings.CutSuffix(strings.TrimPrefix(r.URL.Query().Get("scope"), "repository:"), ":push,pull")
		if !ok || !slices.Contains(shown, "the container repository "+name+" exists") {
			return errors.New("a container repository that is not known to exist")
		}
		return nil
	case path == api+"users/"+NoID && r.Method == http.MethodPut:
		return unnamed(body)
	case r.Method == http.MethodGet && slices.Contains([]string{
		api + "user", api + "metadata", api + "personal_access_tokens/self", strings.TrimSuffix(p.path(), "/"),
	}, path):
		return nil
	}
	below, ok := strings.CutPrefix(path, p.path())
	switch {
	case r.Method == http.MethodGet && r.URL.RawQuery == "" && p.foreseeing(path):
		return nil
	case !ok:
		return fmt.Errorf("%s is not the pinned project", path)
	case r.Method == http.MethodGet && showsVariables(below) && !p.ownVariable(below):
		return errors.New("an answer that could hold the values of variables")
	case r.Method == http.MethodGet && !strings.Contains(r.URL.RawQuery, "dry_run"):
		return nil
	}
	if conditional := r.Header.Get(
		unmodified,
	); conditional != "" && r.Method != http.MethodDelete ||
		r.Method == http.MethodDelete && conditional != LongAgo {
		return errors.New("only a delete is conditional, and each is")
	}
	return p.harmless(r.Method, below, body, shown)
}

// foreseeing reports whether a path is one that a prediction reads outside the
// project: an account, a group above the project, or a membership in one.
func (p *Project) foreseeing(path string) bool {
	var groups []string
	for _, group := range ancestors(projectOf(p.cfg.Target).Project) {
		groups = append(groups, regexp.QuoteMeta(targets.InPath(group)))
	}
	pattern := "^" + api + `(users/\d+|groups/(` + strings.Join(groups, "|") + `)(/members/\d+)?)$`
	return regexp.MustCompile(pattern).MatchString(path)
}

// unmodified is the header of a conditional delete.
const unmodified = "If-Unmodified-Since"

// unnamed lets an update of the account that does not exist leave where no
// account could take it: none has an empty name.
func unnamed(body []byte) error {
	var o map[string]any
	if json.Unmarshal(body, &o) != nil || o["name"] != "" {
		return errors.New("an update of an account in a form that could take effect")
	}
	return nil
}

// amends reports whether a change of a protection that exists names nothing
// that does, where the edition reads what it names.
func amends(below string, o map[string]any, shown []string) bool {
	return slices.Contains(shown, below+" exists") && slices.Contains(shown, "the instance is licensed") && len(o) == 2 &&
		gone(o["allowed_to_push"]) && impossible(o["allowed_to_merge"])
}

// gone reports whether a list of access levels takes away only one that does
// not exist.
func gone(levels any) bool {
	list, ok := levels.([]any)
	if !ok || len(list) != 1 {
		return false
	}
	level, ok := list[0].(map[string]any)
	return ok && len(level) == 2 && fmt.Sprintf("%.0f", level["id"]) == NoID && level["_destroy"] == true
}

// impossible reports whether a list of access levels names only an account
// that does not exist.
func impossible(levels any) bool {
	list, ok := levels.([]any)
	if !ok || len(list) != 1 {
		return false
	}
	level, ok := list[0].(map[string]any)
	return ok && len(level) == 1 && fmt.Sprintf("%.0f", level["user_id"]) == NoID
}

// harmless lists the writes that cannot take effect. shown is what was read
// just before.
func (p *Project) harmless(method, below string, body []byte, shown []string) error {
	var o map[string]any
	if json.Unmarshal(body, &o) != nil {
		return errors.New("a write whose body is not a JSON object")
	}
	name, _ := o["name"].(string)
	var holds bool
	numbered := func(fact string) bool {
		return slices.Contains(shown, fmt.Sprintf(fact, strings.Split(below, "/")[1]))
	}
	switch route := method + " " + generic(below); route {
	case "POST repository/commits":
		_, branch := o["start_branch"]
		_, force := o["force"]
		holds = o["start_sha"] == Nowhere && !branch && !force
	case "PUT merge_requests/N/merge":
		holds = o["sha"] == Nowhere
	case "PUT merge_requests/N/approval_rules/N", "PUT approval_rules/N":
		holds = strings.HasSuffix(below, "/"+NoID) && o["approvals_required"] == float64(-1)
	case "POST jobs/N/play", "POST jobs/N/retry":
		holds = numbered("the job %s was retried")
	case "POST deployments/N/approval":
		comment, _ := o["comment"].(string)
		holds = numbered("the deployment %s has approval rules") && o["represented_as"] == p.cfg.Marker &&
			utf8.RuneCountInString(comment) > longestComment
	case "POST protected_branches":
		holds = name != "" && slices.Contains(shown, below+"/"+targets.InPath(name)+" exists") && impossible(o["allowed_to_push"])
	case "POST protected_environments":
		holds = name != "" && slices.Contains(shown, below+"/"+targets.InPath(name)+" exists") && impossible(o["deploy_access_levels"])
	case "POST push_rule":
		holds = slices.Contains(shown, "push_rule exists") && o["branch_name_regex"] == NoPattern
	case "POST members":
		user, _ := o["user_id"].(float64)
		holds = o["access_level"] == float64(NoLevel) && o["expires_at"] == NoExpiry &&
			slices.Contains(shown, fmt.Sprintf("the user %.0f holds a seat", user))
	case "POST deploy_keys":
		holds = o["key"] == NoKey && o["expires_at"] == NoMoment
	case "POST variables":
		holds = o["key"] == NoVariable && o["masked"] == true && o["value"] == "x" // too short to be masked
	case "POST ci/lint":
		holds = o["dry_run"] == true
	case "POST pipeline":
		holds = twice(o["variables"])
	case "POST pipeline_schedules":
		holds = o["cron"] == NoCron && o["cron_timezone"] == NoCron && o["active"] == false
	default:
		holds = p.own(method, below) || method == http.MethodPatch && strings.HasPrefix(below, "protected_branches/") && amends(below, o, shown)
	}
	if !holds {
		return fmt.Errorf("%s %s in a form that could take effect", method, below)
	}
	return nil
}

// longestComment is how long a comment on an approval may be, in characters
// (ee/app/models/deployments/approval.rb, since 14.9).
const longestComment = 255

// showsVariables reports whether an answer could hold the values of variables:
// the project's, a pipeline's, or a schedule's (docs.gitlab.com/api/pipelines,
// docs.gitlab.com/api/pipeline_schedules).
func showsVariables(below string) bool {
	return slices.Contains(strings.Split(below, "/"), "variables") || strings.HasPrefix(below, "pipeline_schedules/")
}

// ownVariable reports whether a path names a variable that only this program
// could have made, and never makes.
func (p *Project) ownVariable(below string) bool {
	return regexp.MustCompile("^variables/" + targets.MarkPattern(p.cfg.Marker) + "$").MatchString(below)
}

// generic writes a route with N for its numbers.
func generic(below string) string {
	return regexp.MustCompile(`/\d+(/|$)`).ReplaceAllString(below, "/N$1")
}

// own reports whether a request names what only this program could have made,
// and never makes.
func (p *Project) own(method, below string) bool {
	marker := targets.MarkPattern(p.cfg.Marker)
	for _, route := range []string{
		`^DELETE protected_(?:tags|environments)/` + marker + `$`,
		`^PUT repository/branches/` + marker + `/unprotect$`,
	} {
		if regexp.MustCompile(route).MatchString(method + " " + below) {
			return true
		}
	}
	return false
}

// twice reports whether a list of variables has one name twice: GitLab refuses
// such a pipeline before it stores anything.
func twice(v any) bool {
	list, ok := v.([]any)
	if !ok || len(list) != 2 {
		return false
	}
	keys := []any{}
	for _, e := range list {
		o, ok := e.(map[string]any)
		if !ok || o["key"] == nil {
			return false
		}
		keys = append(keys, o["key"])
	}
	return keys[0] == keys[1]
}
