package targets

// Access is all that a scenario does at one target: what setup commands
// grant, and what doctor checks.
type Access struct {
	Target Target
	// People are the identities that act there, observers too.
	People    []Identity
	Observers []Identity
	// Attempts are the requests in production, Baselines those at the
	// permitted place, Reads the reads of state.
	Attempts, Baselines, Reads []Request
	// Tiers are the probes that need an edition of the system, by its name.
	Tiers map[string][]string
}

// Finding is one thing that doctor looked at.
type Finding struct {
	OK      bool   `json:"ok"`
	What    string `json:"what"`
	Problem string `json:"problem,omitempty"`
	Mend    string `json:"mend,omitempty"`
}
