package approval

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/targets"
)

// Policy is who may do what, as policy.yaml states it.
type Policy struct {
	// Version rises with every change; a lower one than seen before is refused.
	Version int
	Expires time.Time
	// Origin names the evidence root in checkpoints, as in
	// sodprobe.corp.example/payments.
	Origin string
	// Threshold is how many distinct persons must approve.
	Threshold int
	MaxWindow time.Duration
	Ticket    *regexp.Regexp
	// Persons maps a person to their principals.
	Persons map[string][]string
	// Authors, Approvers and Operators list persons; nobody may be an
	// approver and anything else of one run.
	Authors, Approvers, Operators []string
	// Services are principals of schedules that sign in process.
	Services []string
	Lab      bool
}

// policyFile is policy.yaml.
type policyFile struct {
	Version       int                 `yaml:"version" jsonschema:"required,minimum=1"`
	Expires       time.Time           `yaml:"expires" jsonschema:"required"`
	Origin        string              `yaml:"origin" jsonschema:"required,pattern=^[^ +]+$" text:"whole"`
	Threshold     int                 `yaml:"threshold" jsonschema:"required,minimum=1"`
	MaxWindowDays int                 `yaml:"maxWindowDays" jsonschema:"required,minimum=1"`
	Ticket        string              `yaml:"ticket" jsonschema:"required" text:"whole"`
	Persons       map[string][]string `yaml:"persons" jsonschema:"required" text:"whole"`
	Authors       []string            `yaml:"authors" jsonschema:"required"`
	Approvers     []string            `yaml:"approvers" jsonschema:"required"`
	Operators     []string            `yaml:"operators" jsonschema:"required"`
	Services      []string            `yaml:"services"`
	Lab           bool                `yaml:"lab"`
}

// LoadPolicy reads policy.yaml alone, as lint does before anybody has signed.
func LoadPolicy(trust fs.FS) (Policy, error) {
	data, err := fs.ReadFile(trust, "policy.yaml")
	if err != nil {
		return Policy{}, fmt.Errorf("read the policy: %w", err)
	}
	return parsePolicy(data)
}

func parsePolicy(data []byte) (Policy, error) {
	var f policyFile
	if err := scenarios.Strict(policyName, data, &f); err != nil {
		return Policy{}, err
	}
	p := Policy{
		Version: f.Version, Expires: f.Expires, Origin: f.Origin, Threshold: f.Threshold,
		MaxWindow: time.Duration(f.MaxWindowDays) * 24 * time.Hour,
		Persons:   f.Persons, Authors: f.Authors, Approvers: f.Approvers, Operators: f.Operators, Services: f.Services, Lab: f.Lab,
	}
	var err error
	if p.Ticket, err = regexp.Compile(f.Ticket); err != nil {
		return p, fmt.Errorf("policy.yaml: ticket %q is not a regular expression", f.Ticket)
	}
	return p, p.sound()
}

// sound checks what a policy must hold to mean anything.
func (p Policy) sound() error {
	switch {
	case p.Threshold > len(unique(p.Approvers)):
		return fmt.Errorf("policy.yaml: threshold %d with %d approvers", p.Threshold, len(unique(p.Approvers)))
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(p.Persons)), slices.Concat(slices.Collect(maps.Values(p.Persons))...)) {
		if said := targets.Legible(name); said != name {
			return fmt.Errorf("policy.yaml: %s is not printable ASCII", said)
		}
	}
	owner, spelled := map[string]string{}, map[string]string{}
	for _, person := range slices.Sorted(maps.Keys(p.Persons)) {
		if other, twice := spelled[strings.ToLower(person)]; twice {
			return fmt.Errorf("policy.yaml: %s and %s are one person, or cannot be told apart", other, person)
		}
		spelled[strings.ToLower(person)] = person
		for _, principal := range p.Persons[person] {
			if other, twice := owner[strings.ToLower(principal)]; twice {
				return fmt.Errorf("policy.yaml: %s belongs to %s and to %s", principal, other, person)
			}
			owner[strings.ToLower(principal)] = person
		}
	}
	for _, person := range slices.Concat(p.Authors, p.Approvers, p.Operators) {
		if len(p.Persons[person]) == 0 {
			return fmt.Errorf("policy.yaml: %q is not one of persons", person)
		}
	}
	return nil
}

// Person is whom a principal belongs to, "" for nobody.
func (p Policy) Person(principal string) string {
	for person, principals := range p.Persons {
		if slices.ContainsFunc(principals, func(p string) bool { return strings.EqualFold(p, principal) }) {
			return person
		}
	}
	return ""
}

// Service reports whether a principal is a schedule's.
func (p Policy) Service(principal string) bool { return slices.Contains(p.Services, principal) }

func unique(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}
