// Package reports derives everything from a run's journal: it verifies a
// run's folder, builds the report, and yields the attempts one by one; formats
// renders the files, web the page.
//
// It imports types only. Classifiers and approval checks are handed in as
// values, so that a report never depends on an adapter or on the engine.
package reports
