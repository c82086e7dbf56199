// Package gitlablab is a simulated GitLab instance with one project: the REST
// routes that the probes use, in GitLab's order of checks and with its words
// (version 18.9), over a real repository, which git's own receive-pack serves
// over HTTPS and SSH and whose hook decides and speaks as GitLab does.
//
// It needs git. It exists for the demo and for tests, listens on loopback
// only, and must never be reached by another way than its address.
package gitlablab
