// Package approval decides whether people with the right to do so signed a
// scenario's exact bytes: detached SSH signatures (PROTOCOL.sshsig) by keys
// of allowed_signers, under a policy that pinned root keys signed.
//
// Stock ssh-keygen -Y verify gives the same answer for every signature, apart
// from these cases, where this package is stricter:
//
//   - an armored signature must be in its canonical encoding;
//   - times in allowed_signers end with Z: others mean local time;
//   - principals are names: no wildcards, and no negation;
//   - certificates (cert-authority) and security keys (sk-…) are named as
//     unsupported and do not count;
//   - RSA keys have at least 2048 bits;
//   - revoked_keys lists public keys; a binary revocation list is refused.
//
// It imports scenarios and the journal's record types, reads through fs.FS,
// and sends nothing.
package approval
