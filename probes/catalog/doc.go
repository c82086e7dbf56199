// Package catalog is the one explicit list of probes. Adding a probe is one
// line here.
//
// It imports the probes' packages and nothing that runs them.
package catalog
