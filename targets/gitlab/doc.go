// Package gitlab connects to a GitLab project, takes identities on by their
// own tokens and keys, and says what its answers mean.
//
// Every request leaves through the guard, over HTTP/1.1, once, and follows no
// redirect; what could take effect does not leave at all (invariant.go). The
// messages that count as denials are those of GitLab 18.9 (markers.go).
//
// It uses go-gitlab for the REST API, go-git's encoder for pushes, and
// x/crypto/ssh. It must never decide an outcome. It imports targets, guard,
// and the journal's record types.
package gitlab
