// Package cli is the command line of sodprobe: one file per command, the exit
// codes, the live table, and the lists of systems and probes, handed on to run,
// doctor, setup, verify and the reports.
//
// It holds no rule of its own about what may be sent or what an answer means.
// Only main.go touches the process; every command gets its streams, clock,
// environment and randomness from app.
package cli
