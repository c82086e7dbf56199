package engine

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// site is one target during a run: who acts there, and the arms that several
// attempts share.
type site struct {
	*run
	target targets.Target

	mu     sync.Mutex
	shared map[string]*sharedArm // for the run: by probe, parameters and identity
	// standing is for the batch, so that memory does not grow with the
	// number of developers.
	standing map[string]*sharedArm
	people   map[string]*person // authorized, unprivileged and observer identities
	// recovering says that nothing is asked any more: a record is closed.
	recovering bool
}

// person is an identity with its session and the proof of who it is.
type person struct {
	identity targets.Identity
	session  Session
	before   journal.IdentityCheck
	after    journal.IdentityCheck
	problem  string // why there is no session

	mu      sync.Mutex
	reviews map[targets.Review]*sharedReview
}

// assume makes a session and asks the server who it is.
func (s *site) assume(ctx context.Context, id targets.Identity) (*person, error) {
	p := &person{identity: id, reviews: map[targets.Review]*sharedReview{}}
	session, err := s.Targets[s.target.ID].Assume(ctx, id)
	if err != nil {
		p.problem = err.Error()
		return p, nil //nolint:nilerr // an identity that cannot be assumed is a finding, not a failure of the run
	}
	p.session = session
	p.before = s.whoami(ctx, p, "before")
	return p, s.Journal.Append(ctx, journal.TypeIdentity, p.before)
}

func (s *site) whoami(ctx context.Context, p *person, when string) journal.IdentityCheck {
	c := journal.IdentityCheck{
		ID: s.NewID(), When: when, Target: s.target.ID, Identity: p.identity.ID, Whoami: p.session.Whoami(ctx),
	}
	c.Fidelity = p.identity.Fidelity(s.target.System())
	if c.Want == "" { // an adapter knows better where the name follows from the run
		c.Want = p.identity.Principal(s.target.System())
	}
	return c
}

// instrument returns the session of an identity that is not under test. It
// is assumed once per run.
func (s *site) instrument(ctx context.Context, id targets.Identity) (*person, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.people[id.ID]; ok {
		return p, nil
	}
	p, err := s.assume(ctx, id)
	if err != nil {
		return nil, err
	}
	s.people[id.ID] = p
	return p, nil
}

// subject is the name that a denial of this person must carry.
func (s *site) subject(p *person) string {
	if p.before.Proof == targets.Proven {
		return p.before.Subject.Name
	}
	return p.identity.Principal(s.target.System())
}

// whole are all reads that come before an attempt.
func (s *site) whole(item *Item) []query {
	b := item.Bind(s.Marker)
	return slices.Concat(b.state, b.needs)
}

// stateKey names what a state read reads.
func stateKey(q targets.StateQuery) string {
	what := q.Request.Path
	if q.Request.Service != "" { // all of a service's questions go to one path
		what = q.Request.Action + " " + string(q.Request.Body) + q.Request.Path
	}
	key := q.Request.Method + " " + what + " " + strings.Join(q.Fields, ",")
	for _, pointer := range slices.Sorted(maps.Keys(q.Whose)) {
		key += " " + pointer + "=" + q.Whose[pointer]
	}
	return key
}

// stateReads are one round of reads, by stateKey.
type stateReads map[string]journal.StateRead

// of picks the reads of one attempt.
func (r stateReads) of(queries []query) []journal.StateRead {
	var out []journal.StateRead
	for _, q := range queries {
		if read, ok := r[q.key]; ok {
			out = append(out, read)
		}
	}
	return out
}

// absent picks, of reads that must show something, those that do not. A read
// that was never made shows nothing.
func (r stateReads) absent(queries []query) []journal.StateRead {
	var out []journal.StateRead
	for _, q := range queries {
		if read := r[q.key]; q.MustExist && !read.Shown() {
			out = append(out, read)
		}
	}
	return out
}

// marked names something that carries a mark of this run, "" for nothing.
func (r stateReads) marked() string {
	for key, read := range r {
		if len(read.Marks) > 0 {
			return key
		}
	}
	return ""
}

// read reads as an observer. One who is not proven reads nothing, and the
// record says so.
func (p *person) read(ctx context.Context, q targets.StateQuery) targets.StateRead {
	switch {
	case p.session == nil:
		return targets.StateRead{Problem: "the observer cannot be assumed: " + p.problem}
	case p.before.Proof != targets.Proven:
		return targets.StateRead{Problem: "the observer is not proven: " + p.before.Problem}
	default:
		return p.session.Read(ctx, q)
	}
}

// readState reads, as the observers, what a batch rests on: before it all that
// has to exist, and on both sides all that it could change.
func (s *site) readState(ctx context.Context, b Batch, when string, of func(*Item) []query) (stateReads, error) {
	type want struct {
		query    query
		observer targets.Identity
	}
	var wants []want
	seen := map[string]bool{}
	for _, a := range b.Attempts {
		for _, q := range of(a.Item) {
			if !seen[q.key] {
				seen[q.key] = true
				wants = append(wants, want{q, a.Item.Observer})
			}
		}
	}
	reads, mu := stateReads{}, sync.Mutex{}
	err := each(s.run, wants, func(w want) error {
		if when == "before" && ctx.Err() != nil {
			return nil //nolint:nilerr // the run stopped: nothing new is opened
		}
		observer, err := s.instrument(ctx, w.observer)
		if err != nil {
			return err
		}
		read := journal.StateRead{
			When: when, Target: s.target.ID, Observer: w.observer.ID, Key: w.query.key, MustExist: w.query.MustExist,
			StateRead: observer.read(ctx, w.query.StateQuery),
		}
		read.ID = s.NewID()
		mu.Lock()
		reads[read.Key] = read
		mu.Unlock()
		return s.Journal.Append(ctx, journal.TypeState, read)
	})
	return reads, err
}
