// Package targets holds the types that every layer shares: the system under
// test and its pins, the identities a probe acts as, one request as it is
// asked, one exchange as it is recorded, and the closed lists of response
// classes and layers.
//
// It holds no SDK, opens no connection, and imports nothing of this module.
// Its subfolders do: guard (the only way out), kubernetes (an adapter), lab
// (simulated targets), peers (tests against real servers), targettest (the
// suite that every adapter passes).
package targets
