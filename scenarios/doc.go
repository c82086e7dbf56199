// Package scenarios is the approved document: its types, strict loading with
// every mistake at once, what it resolves to, its explanation in plain
// English, its JSON Schema, and the template to start from.
//
// It imports targets and probes for their types. It sends nothing, reads no
// file, and does not know who approves a document (approval) or runs it
// (engine).
package scenarios
