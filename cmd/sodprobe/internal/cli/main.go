package cli

import (
	"context"
	"crypto/rand"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Main runs the program on the process's own arguments and streams, and
// returns its exit code. The first interrupt ends a run cleanly; the second
// one ends the process.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	a := &app{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		lookupEnv: os.LookupEnv, environ: os.Environ,
		now: time.Now, rand: rand.Reader,
	}
	return a.run(ctx, os.Args[1:])
}
