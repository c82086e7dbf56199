package approval

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
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
	Version       int                 `yaml:"version"`
	Expires       string              `yaml:"expires"`
	Origin        string              `yaml:"origin"`
	Threshold     int                 `yaml:"threshold"`
	MaxWindowDays int                 `yaml:"maxWindowDays"`
	Ticket        string              `yaml:"ticket"`
	Persons       map[string][]string `yaml:"persons"`
	Authors       []string            `yaml:"authors"`
	Approvers     []string            `yaml:"approvers"`
	Operators     []string            `yaml:"operators"`
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
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return Policy{}, fmt.Errorf("policy.yaml: %w", err)
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return Policy{}, errors.New("policy.yaml: one document is wanted")
	}
	p := Policy{
		Version: f.Version, Origin: f.Origin, Threshold: f.Threshold, MaxWindow: time.Duration(f.MaxWindowDays) * 24 * time.Hour,
		Persons: f.Persons, Authors: f.Authors, Approvers: f.Approvers, Operators: f.Operators, Services: f.Services, Lab: f.Lab,
	}
	var err error
	if p.Expires, err = time.Parse("2006-01-02T15:04:05Z", f.Expires); err != nil {
		return p, fmt.Errorf("policy.yaml: expires %q is not a time in UTC with Z", f.Expires)
	}
	if p.Ticket, err = regexp.Compile(f.Ticket); err != nil || f.Ticket == "" {
		return p, fmt.Errorf("policy.yaml: ticket %q is not a regular expression", f.Ticket)
	}
	return p, p.sound()
}

// sound checks what a policy must hold to mean anything.
func (p Policy) sound() error {
	switch {
	case p.Version < 1:
		return errors.New("policy.yaml: version counts from 1")
	case p.Threshold < 1 || p.Threshold > len(unique(p.Approvers)):
		return fmt.Errorf("policy.yaml: threshold %d with %d approvers", p.Threshold, len(unique(p.Approvers)))
	case p.MaxWindow <= 0:
		return errors.New("policy.yaml: maxWindowDays is the longest window, in days, above 0")
	case p.Origin == "" || strings.ContainsAny(p.Origin, " \n+"):
		return errors.New("policy.yaml: origin is a name such as sodprobe.corp.example/payments")
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
