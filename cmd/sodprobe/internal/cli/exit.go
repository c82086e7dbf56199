package cli

import (
	"errors"
	"fmt"

	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/approval"
	"github.com/sodprobe/sodprobe/scenarios/run"
)

// The exit codes.
const (
	exitOK           = 0
	exitInternal     = 1
	exitUsage        = 2 // wrong usage, or an invalid scenario
	exitPermitted    = 3
	exitInconclusive = 4 // inconclusive or not run
	exitRefused      = 5 // not approved, or refused
	exitCleanup      = 6
	exitUnverified   = 7 // the evidence does not verify
	exitInterrupted  = 130
)

// failure is an error with the exit code that it stands for. A failure whose
// err is nil says nothing: the command has already said it.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit code %d", f.code)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// usagef is an error of the command line or of an input file.
func usagef(format string, args ...any) error {
	return &failure{exitUsage, fmt.Errorf(format, args...)}
}

// refusedf is an error of an approval or a rule of engagement.
func refusedf(format string, args ...any) error {
	return &run.Error{Kind: run.Refused, Err: fmt.Errorf(format, args...)}
}

// exitCode maps an error to the process's exit code.
func exitCode(err error) int {
	var f *failure
	var mistakes *scenarios.Mistakes
	var refusal *approval.Refusal
	var kind *run.Error
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &f):
		return f.code
	case errors.As(err, &kind):
		return map[run.Kind]int{
			run.Misused: exitUsage, run.Refused: exitRefused, run.Unverified: exitUnverified, run.Unclosed: exitCleanup,
		}[kind.Kind]
	case errors.As(err, &mistakes):
		return exitUsage
	case errors.As(err, &refusal):
		return exitRefused
	default:
		return exitInternal
	}
}

// message is what stderr says about an error, "" where all is said.
func message(err error) string {
	var f *failure
	switch {
	case err == nil:
		return ""
	case errors.As(err, &f) && f.err == nil:
		return ""
	default:
		return "sodprobe: " + err.Error()
	}
}

// worst keeps the code that matters most where several hold.
func worst(codes ...int) int {
	for _, code := range []int{exitInternal, exitCleanup, exitPermitted, exitInterrupted, exitRefused, exitInconclusive} {
		for _, c := range codes {
			if c == code {
				return c
			}
		}
	}
	return exitOK
}
