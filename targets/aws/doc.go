// Package aws connects to an AWS account, takes identities on by fresh
// sessions of their roles, and says what its answers mean.
//
// Requests are made by the SDK's own serializers, signed by its signer, and
// leave through the guard on the SDK's own transport, over HTTP/1.1, once, and
// follow no redirect; what could take effect does not leave at all
// (invariant.go). Each attempt has a session of its own, whose policy allows
// the probed action and denies the rest (fence.go).
//
// Facts about the services are those of the API references and of the SDK
// modules in go.mod; none was measured against a live account. It must never
// decide an outcome. It imports targets, guard, and the journal's record
// types.
package aws
