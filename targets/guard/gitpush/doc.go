// Package gitpush reads the two halves of a git push as they stand on the wire, in
// lines of git's own form (gitprotocol-common, "pkt-line Format"): what a server
// advertises, and the one command that a push may have. It says why a push is not one
// that cannot land. It sends nothing, and imports the types of targets alone.
package gitpush
