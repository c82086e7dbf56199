// Package kubernetes connects to a cluster, takes on identities, reads state,
// and classifies answers.
//
// Everything it sends goes through the guard; it never retries and never
// follows a redirect. It decides nothing about verdicts. It imports targets,
// the guard, client-go's transport and credential code, and the journal's
// record types.
package kubernetes
