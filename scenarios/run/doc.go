// Package run takes one run from its approval to its end: it reads what was approved,
// verifies the approval, registers the run, lets the engine attempt, and closes the
// record; and it closes the record of a run that was killed.
//
// It knows no command line: a command, a schedule, a test or a worker gives it a
// Config, and renders the reports. It imports scenarios, approval, engine, journal and
// the types of targets; it never imports an adapter, the catalog or the lab.
package run
