// Package scenarios is the approved document: its types, strict loading with
// every mistake at once, what it resolves to, its explanation in plain
// English, its JSON Schema, and the template to start from.
//
// A file is UTF-8 in plain YAML: lines end with a line feed alone, values are
// one visible line each, and nothing stands in it that a reader cannot see or
// that means something else elsewhere in the file.
//
// It imports targets and probes for their types. It sends nothing, reads no
// file, and does not know who approves a document (approval) or runs it
// (engine).
package scenarios
