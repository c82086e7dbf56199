// Package journal is the record of a run: its line types, writing them
// durably, reading them back, the Merkle tree over them, and the evidence
// root's ledger of runs.
//
// A journal is JSON Lines. A line is written once and never re-serialized;
// with its newline it is one RFC 6962 leaf. Everything else about a run is
// derived from it.
//
// It imports targets and probes for their types, and never an adapter, the
// engine, or a renderer.
package journal
