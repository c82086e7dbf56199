// Package approval decides whether people with the right to do so signed a
// scenario's exact bytes: detached SSH signatures (PROTOCOL.sshsig) by keys
// of allowed_signers, under a policy that pinned root keys signed.
//
// Stock ssh-keygen -Y verify gives the same answer for every signature, apart
// from these cases, where this package is stricter:
//
//   - an armored signature must be in its canonical encoding;
//   - times in allowed_signers end with Z: others mean local time;
//   - principals and namespaces are names: no wildcards, no negation, none empty;
//   - options are parted by one comma each;
//   - security keys (sk-…) have to have been touched;
//   - certificates must not have critical options;
//   - RSA keys have at least 2048 bits, and kinds of keys that are not known here
//     do not count;
//   - revoked_keys lists public keys; a binary revocation list is refused.
//
// Of allowed_signers such a line counts for nobody, and the refusal of a signature
// that needs it says why; the other lines stand. All files of a trust folder are
// regular ones, and hold only characters that people see.
//
// It imports scenarios and the journal's record types, reads through fs.FS,
// and sends nothing.
package approval
