package targets

import (
	"cmp"
	"slices"
)

// Access is all that a scenario does at one target: what setup commands
// grant, and what doctor checks.
type Access struct {
	Target Target
	// People are the identities that act there, observers too.
	People    []Identity
	Observers []Identity
	// Attempts are the requests in production, Baselines those at the
	// allowed place.
	Attempts, Baselines []Request
	// Prepared are the rules whose requests rest on something of the target.
	Prepared []Rule
	// Reads are the reads of state. Where what is read need not exist, the
	// request names no object.
	Reads []StateQuery
	// Required lists what single probes require.
	Required []Required
}

// Required is what one probe requires.
type Required struct {
	Probe string
	Requirement
}

// Requiring returns the probes that have a requirement of that name, by its value.
func (a Access) Requiring(name string) map[string][]string {
	out := map[string][]string{}
	for _, r := range a.Required {
		if r.Name == name && !slices.Contains(out[r.Value], r.Probe) {
			out[r.Value] = append(out[r.Value], r.Probe)
		}
	}
	return out
}

// Finding is one thing that doctor looked at.
type Finding struct {
	OK      bool   `json:"ok"`
	What    string `json:"what"`
	Problem string `json:"problem,omitempty"`
	Mend    string `json:"mend,omitempty"`
}

// Look says what doctor found by one read of state, as somebody: that it cannot
// be read, or that it shows nothing where something has to be.
func (q StateQuery) Look(who string, read, exists bool, problem, mend string) Finding {
	what := who + " reads " + q.Name()
	switch {
	case !read:
		return Finding{What: what, Problem: problem, Mend: mend}
	case q.MustExist && !exists:
		return Finding{
			What:    what,
			Problem: cmp.Or(problem, "it does not exist") + ", so that what needs it will not be attempted",
			Mend:    "name something that exists, at both places",
		}
	}
	return Finding{OK: true, What: what}
}

// Name is what a read reads, for people.
func (q StateQuery) Name() string {
	if q.Request.Service != "" { // all of a service's questions go to one path
		return "by " + q.Request.Action
	}
	return q.Request.Path
}
