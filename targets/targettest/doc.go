// Package targettest holds the conformance suite that every adapter passes:
// what the engine relies on, whatever the system is.
//
// It knows no adapter, sends nothing itself, and is imported by tests only. It
// imports targets, and the journal's record types that adapters return.
package targettest
