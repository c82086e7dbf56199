package scenarios

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"regexp"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// Options are what a scenario is checked against besides its own rules.
type Options struct {
	// Set is the catalog.
	Set probes.Set
	// Systems are those of which a scenario may have blocks.
	Systems targets.Systems
	// MaxWindow is the longest window that the policy allows; 0 checks none.
	MaxWindow time.Duration
	// Ticket is the form that the policy demands of change tickets; nil
	// checks none.
	Ticket *regexp.Regexp
}

// Load reads a scenario strictly. file is its name in messages. The error is
// a *Mistakes with every mistake that could be found.
func Load(file string, data []byte, o Options) (*Scenario, error) {
	f := newFinder(file, data)
	if !f.source(data) {
		return nil, f.err()
	}
	root := f.document(data)
	if root == nil {
		return nil, f.err()
	}
	d := &decoder{finder: f, systems: o.Systems, places: map[string]*yaml.Node{}}
	s := &Scenario{}
	d.value(root, reflect.ValueOf(s).Elem(), "")
	// References are checked even where the form is wrong elsewhere, so that
	// one reading finds as much as it can.
	c := &checker{decoder: d, scenario: s, options: o}
	c.check()
	if err := f.err(); err != nil {
		return nil, err
	}
	return s, nil
}

// Digest names a scenario by its exact bytes: sha256:HEX.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}
