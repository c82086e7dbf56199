package cli

import (
	"context"
	"crypto/rand"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/sodprobe/sodprobe/probes/catalog"
	"github.com/sodprobe/sodprobe/targets/redact"
	"github.com/sodprobe/sodprobe/targets/systems"
)

// Main runs the program on the process's own arguments and streams, and
// returns its exit code. The first interrupt ends a run cleanly; the second
// one ends the process.
func Main() int {
	// What a run keeps is small beside what it makes and drops for each request:
	// collecting at three times that costs memory that is there, and saves time.
	debug.SetGCPercent(200)
	hidden := &redact.Set{}
	a := &app{
		systems: systems.All(), catalog: catalog.All(),
		stdin: os.Stdin, stdout: hidden.Writer(redact.Escaping(os.Stdout)), stderr: hidden.Writer(redact.Escaping(os.Stderr)), hidden: hidden,
		tool:      sync.OnceValues(thisTool),
		lookupEnv: os.LookupEnv, environ: os.Environ,
		now: time.Now, rand: rand.Reader,
	}
	root := a.root()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return a.run(ctx, root, os.Args[1:])
}
