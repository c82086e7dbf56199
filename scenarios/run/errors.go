package run

import "fmt"

// Kind says what an error asks of whoever started the run.
type Kind string

// The kinds. An error of this package that is none of them, no *scenarios.Mistakes and
// no *approval.Refusal, is a fault of the machine or of this program.
const (
	Misused    Kind = "misused"    // an argument or an input file is wrong
	Refused    Kind = "refused"    // not approved, or against the rules of engagement
	Unverified Kind = "unverified" // what was recorded does not hold
	Unclosed   Kind = "unclosed"   // a record could not be closed
)

// Error is a failure of a known kind.
type Error struct {
	Kind Kind
	Err  error
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the error inside.
func (e *Error) Unwrap() error { return e.Err }

func misused(format string, args ...any) error { return &Error{Misused, fmt.Errorf(format, args...)} }

func refused(format string, args ...any) error { return &Error{Refused, fmt.Errorf(format, args...)} }
