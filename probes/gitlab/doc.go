// Package gitlab holds the probes of a GitLab project, one to a file. Each is
// a value that describes a request which cannot take effect, and sends
// nothing.
//
// It imports probes and targets, and the adapter's constants of what can stand
// for nothing real.
package gitlab
