// Package reports derives everything from a run's journal: it verifies a
// run's folder, builds the report, and renders it as text and JSON; web
// renders HTML.
//
// It imports types only. Classifiers and approval checks are handed in as
// values, so that a report never depends on an adapter or on the engine.
package reports
