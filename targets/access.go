package targets

import "cmp"

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
	// Tiers are the probes that need an edition of the system, by its name.
	Tiers map[string][]string
	// Since are the probes that need a version of the system, by its number.
	Since map[string][]string
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
