package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/scenarios/run"
)

// About says what the demo does.
const About = `demo starts a simulated cluster, a simulated GitLab and a simulated AWS account,
writes a scenario, signs it with throwaway keys, runs it, finds the gap that is
planted there, and writes everything into a folder. It needs no cluster and no
network; where git is not installed it leaves GitLab out. Lab evidence proves nothing about a real system,
and says so on every page.`

// Demo is a lab that is up, and a signed scenario for it.
type Demo struct {
	*Lab
	Operator run.Operator
	// Scenario, TrustRoot and Evidence are paths.
	Scenario, TrustRoot, Evidence string
}

// window is how long the demo's approval lasts.
const window = 24 * time.Hour

// Prepare starts the lab, and writes the scenario and its approval into a folder. The
// caller closes the demo.
func Prepare(ctx context.Context, dir string, catalog probes.Set, now func() time.Time, rand io.Reader) (*Demo, error) {
	if err := empty(dir); err != nil {
		return nil, err
	}
	lab, err := Start(ctx, now, rand)
	if err != nil {
		return nil, err
	}
	d := &Demo{
		Lab: lab, Scenario: filepath.Join(dir, "scenario.yaml"),
		TrustRoot: filepath.Join(dir, "trust_root"), Evidence: filepath.Join(dir, "evidence"),
	}
	if err := d.write(ctx, dir, catalog, now(), rand); err != nil {
		lab.Close()
		return nil, err
	}
	return d, nil
}

func (d *Demo) write(ctx context.Context, dir string, catalog probes.Set, now time.Time, rand io.Reader) error {
	people, err := NewPeople(rand)
	if err != nil {
		return err
	}
	d.Operator = people.Operator()
	if err := people.WriteScenario(ctx, d.Scenario, Scenario(d.Lab, catalog, now)); err != nil {
		return err
	}
	return people.WriteTrust(ctx, dir, now)
}

// mark stands in a demo's folder, so that a later demo replaces that folder and
// never another.
const mark = ".sodprobe-demo"

// empty makes the folder, and clears what an earlier demo left there.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return misused("use %s for the demo: %w", dir, err)
	}
	if len(entries) > 0 {
		if _, err := os.Lstat(filepath.Join(dir, mark)); err != nil {
			return misused("%s holds something that no demo wrote: choose another folder with --out", dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("clear the earlier demo: %w", err)
		}
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return misused("make the demo's folder: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, mark), nil, 0o600)
}

func misused(format string, args ...any) error {
	return &run.Error{Kind: run.Misused, Err: fmt.Errorf(format, args...)}
}
