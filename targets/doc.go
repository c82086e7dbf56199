// Package targets holds the types that every layer shares: the system under
// test and its pins, the identities a probe acts as, one request as it is
// asked, one exchange as it is recorded, and the closed lists of response
// classes and layers.
//
// A System is one value: its blocks of the scenario, its classifier, and how to
// connect. systems lists them, and each has a folder of its own.
//
// It holds no SDK, opens no connection, and knows no system by name. Of this module
// it imports template alone. Its subfolders: template and document (one filler and
// one reader for all), guard (the only way out), redact (takes secrets out), a folder
// for each system, lab (simulated targets), peers (tests against real servers),
// targettest (the suite that every adapter passes).
package targets
