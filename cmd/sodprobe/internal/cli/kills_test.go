package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

// test is where a script's test stands.
type test struct{}

// kills runs the script's scenario, kills it at a random moment, closes its record
// and verifies it, over and over.
func kills(ts *testscript.TestScript, _ bool, _ []string) {
	rounds := 20
	if given := os.Getenv("SODPROBE_KILLS"); given != "" {
		n, err := strconv.Atoi(given)
		ts.Check(err)
		rounds = n
	}
	whole := killAfter(ts, 0, time.Hour) // how long one takes that nobody kills
	var sum killed
	for i := 1; i <= rounds; i++ {
		took := killAfter(ts, i, rand.N(whole))
		sum.add(ts, ts.MkAbs(fmt.Sprintf("evidence-%d", i)), took)
	}
	ts.Logf("%d runs of about %s: %s", rounds, whole.Round(time.Millisecond), sum)
	if sum.closed == 0 {
		ts.Fatalf("no kill hit a run that had begun")
	}
}

// killAfter starts a run with an evidence root of its own, and kills it.
func killAfter(ts *testscript.TestScript, round int, after time.Duration) time.Duration {
	cmd := exec.CommandContext(ts.Value(test{}).(*testing.T).Context(), "sodprobe", "run", "scenario.yaml", "--trust-root", "trust_root", "--kubeconfig", "kubeconfig",
		"--operator", "oscar@corp.example", "--operator-key", "keys/oscar", "--evidence", fmt.Sprintf("evidence-%d", round))
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(os.Environ(), "NO_COLOR=1", "HOME="+ts.MkAbs("."))
	began := time.Now()
	ts.Check(cmd.Start())
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Signal(syscall.SIGKILL) })
	_ = cmd.Wait()
	timer.Stop()
	return time.Since(began)
}

// killed counts what became of killed runs.
type killed struct {
	unborn, whole, closed         int
	reached, permitted, stillOpen int // on disk before, of them with an outcome, and after
	blocked                       int
}

func (k killed) String() string {
	return fmt.Sprintf("%d before their record began, %d after their end, %d closed by cleanup; of %d that got through and were on disk %d were Permitted already and %d are now; %d Blocked",
		k.unborn, k.whole, k.closed, k.reached, k.permitted, k.stillOpen, k.blocked)
}

// add closes one run and compares its record with what it was.
func (k *killed) add(ts *testscript.TestScript, root string, _ time.Duration) {
	files, err := filepath.Glob(root + "/*/scenario.yaml")
	ts.Check(err)
	var dirs []string
	for _, f := range files {
		dirs = append(dirs, filepath.Dir(f))
	}
	if len(dirs) != 1 {
		k.unborn++
		return
	}
	was, err := recordOf(dirs[0])
	ts.Check(err)
	switch code := sodprobe(ts, "cleanup", dirs[0], "--trust-root", "trust_root", "--operator", "oscar@corp.example", "--operator-key", "keys/oscar"); {
	case code == exitUsage && was.ended:
		k.whole++
	case code == exitUsage: // it was not registered, and sent nothing
		if len(was.arms) > 0 {
			ts.Fatalf("%s has attempts, and cleanup calls it unregistered", dirs[0])
		}
		k.unborn++
		return
	case code == exitPermitted || code == exitInconclusive:
		k.closed++
	default:
		ts.Fatalf("cleanup of %s exits with %d", dirs[0], code)
	}
	if code := sodprobe(ts, "verify", dirs[0], "--trust-root", "trust_root"); code != exitOK {
		ts.Fatalf("verify of %s exits with %d", dirs[0], code)
	}
	is, err := recordOf(dirs[0])
	ts.Check(err)
	k.compare(ts, dirs[0], was, is)
}

func (k *killed) compare(ts *testscript.TestScript, dir string, was, is record) {
	for n, class := range was.arms {
		if class != targets.Reached && class != targets.Mutated {
			continue
		}
		k.reached++
		if was.outcomes[n] == probes.Permitted {
			k.permitted++
		}
		if is.outcomes[n] != probes.Permitted {
			ts.Fatalf("%s: attempt %d was %s on disk, and is %s", dir, n, class, is.outcomes[n])
		}
		k.stillOpen++
	}
	for n, outcome := range is.outcomes {
		if outcome != probes.Blocked {
			continue
		}
		k.blocked++
		if was.arms[n] != targets.Denied {
			ts.Fatalf("%s: attempt %d is Blocked, and had no refusal on disk", dir, n)
		}
	}
	for n, outcome := range was.outcomes {
		if is.outcomes[n] != outcome {
			ts.Fatalf("%s: attempt %d was %s, and is %s", dir, n, outcome, is.outcomes[n])
		}
	}
}

// record is what a journal has of attempts, by their numbers.
type record struct {
	arms     map[int64]targets.Class
	outcomes map[int64]probes.Outcome
	ended    bool
}

func recordOf(dir string) (record, error) {
	out := record{arms: map[int64]targets.Class{}, outcomes: map[int64]probes.Outcome{}}
	f, err := os.Open(filepath.Join(dir, journal.FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	defer func() { _ = f.Close() }()
	for line, err := range journal.Read(f) {
		if errors.Is(err, journal.ErrTorn) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		switch line.Type {
		case journal.TypeArm:
			var a journal.ArmRecord
			if err := journal.Decode(line.Body, &a); err != nil {
				return out, err
			}
			if a.Arm == targets.ArmAttempt {
				out.arms[a.N] = a.Response.Class
			}
		case journal.TypeObservation:
			var o journal.Observation
			if err := journal.Decode(line.Body, &o); err != nil {
				return out, err
			}
			out.outcomes[o.N] = o.Outcome
		case journal.TypeRunEnd:
			out.ended = true
		case journal.TypeRunStart, journal.TypeRunSigned, journal.TypePin, journal.TypeIdentity, journal.TypeState, journal.TypeReview,
			journal.TypeIntent, journal.TypeStop, journal.TypeRunRecover, journal.TypeRecSigned:
		}
	}
	return out, nil
}

// sodprobe runs the program in the script's folder and returns its exit code.
func sodprobe(ts *testscript.TestScript, args ...string) int {
	cmd := exec.CommandContext(ts.Value(test{}).(*testing.T).Context(), "sodprobe", args...)
	cmd.Dir = ts.MkAbs(".")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Check(err)
	}
	if code := cmd.ProcessState.ExitCode(); code != exitOK && args[0] == "verify" {
		ts.Logf("%s", strings.TrimSpace(out.String()))
	}
	return cmd.ProcessState.ExitCode()
}
