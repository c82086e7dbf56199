// Package gitea runs the push against a real Gitea: a server that nobody here
// wrote, over HTTP and SSH. A front answers the few questions that the adapter
// asks of GitLab's REST API, from Gitea's own; what git says passes untouched.
//
// It reaches nothing but loopback. It must never be imported.
package gitea
