// Package guard is the only way out: a transport directly on *http.Transport
// that lets through what a lease declares, once, and records it.
//
// It refuses what it does not know. It judges the request as it will leave,
// holds the rate limit and the budget, and makes sure that a mutating request
// leaves at most once. It must never decide what an answer means.
//
// It knows no system: which headers say who asks, and which are worth recording, its
// Config says. gitpush reads git's own lines.
//
// It imports targets for the types, and no adapter and no SDK.
package guard
