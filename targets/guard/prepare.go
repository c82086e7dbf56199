package guard

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/document"
)

// Reader sends one read as the observer, under a lease of its own, and returns
// the record, the answer as Document reads it, and why there is none.
type Reader func(ctx context.Context, r targets.Request, keep []string) (x targets.Exchange, answer any, problem string)

// Prepare makes the reads that the lease's rules want before their request, and
// returns their records. Where one does not say what it must, problem says so,
// and the lease lets nothing leave that needs it.
func (l *Lease) Prepare(ctx context.Context, read Reader) (steps []targets.Exchange, problem string) {
	var shown []string
	var made replacement
	unexercised := ""
	for _, rule := range l.Rules {
		taken := map[string]string{}
		for _, p := range rule.Prepare {
			if p.Unless != "" && !strings.Contains(p.Unless, "{") { // a template that nobody filled in states nothing
				continue
			}
			x, problem := prepare(ctx, p, taken, read)
			steps = append(steps, x...)
			switch {
			case problem != "" && p.Soft:
				unexercised = problem
				continue
			case problem != "":
				return steps, problem
			}
			if p.Shows != "" {
				shown = append(shown, p.Shows)
			}
		}
		if rule.Replace != nil {
			var x []targets.Exchange
			made, x, problem = replace(ctx, *rule.Replace, read)
			if steps = append(steps, x...); problem != "" {
				return steps, problem
			}
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prepared, l.shown, l.made, l.unexercised = true, shown, made, unexercised
	return steps, ""
}

// prepare makes one read, and takes from it what those that follow want.
func prepare(ctx context.Context, p targets.Preparation, taken map[string]string, read Reader) ([]targets.Exchange, string) {
	p, err := p.Fill(taken)
	if err != nil {
		return nil, "the read that has to come before cannot be built: " + err.Error()
	}
	keep := p.Keep
	if keep == nil {
		keep = []string{}
	}
	x, answer, problem := read(ctx, targets.Request{Service: p.Service, Method: http.MethodGet, Path: p.Path, Query: p.Query}, keep)
	switch {
	case x.Status == http.StatusNotFound && !x.Truncated && x.Cut == 0 && slices.Contains(p.Optional, message(x.Body)):
		problem = ""
	case problem != "" && p.Else != "":
		problem = p.Else + ": " + problem
	case problem == "":
		problem = holds(p, answer, taken)
	}
	return []targets.Exchange{x}, problem
}

// message is what an answer that is no success says: its message, or all of it.
func message(body string) string {
	if answer, err := document.Read([]byte(body)); err == nil {
		if said, ok := document.At(answer, "/message"); ok {
			return document.String(said)
		}
	}
	return strings.TrimSpace(body)
}

// ready says why what a rule rests on does not let its request leave, "" where
// it does.
func (l *Lease) ready(rule targets.Rule) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if (len(rule.Prepare) > 0 || rule.Replace != nil) && !l.prepared {
		return refuse("what the request's harmlessness rests on was not read")
	}
	return nil
}

// facts are what the preparation has shown.
func (l *Lease) facts() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.shown)
}

// plain is what may stand in a path without meaning anything else there.
var plain = regexp.MustCompile(`^[A-Za-z0-9_][-A-Za-z0-9_]*$`)

// holds says which condition an answer does not meet, "" for none, and takes
// what the reads that follow want.
func holds(p targets.Preparation, answer any, taken map[string]string) string {
	for _, c := range p.Must {
		if !meets(answer, c) {
			return c.Else
		}
	}
	for name, pointer := range p.Take {
		found := document.Elements(answer, pointer)
		if len(found) != 1 || !plain.MatchString(document.String(found[0])) {
			return fmt.Sprintf("%s does not say at %s what the next read needs", p.Path, pointer)
		}
		taken[name] = document.String(found[0])
	}
	return ""
}

func meets(answer any, c targets.Condition) bool {
	found := document.Elements(answer, c.At)
	among := func(list []string) bool {
		return slices.ContainsFunc(found, func(v any) bool { return slices.Contains(list, document.String(v)) })
	}
	switch {
	case c.Absent:
		return len(found) == 0
	case len(c.Any) > 0:
		return among(c.Any)
	case len(c.None) > 0:
		return !among(c.None)
	case len(c.NoneHaving) > 0:
		return !slices.ContainsFunc(found, func(v any) bool { return having(v, c.NoneHaving) })
	case c.AtLeast != "":
		return len(found) == 1 && AtLeast(document.String(found[0]), c.AtLeast)
	case c.Fewer > 0:
		whole, _ := document.At(answer, c.At)
		list, isList := whole.([]any)
		return isList && len(list) < c.Fewer
	default:
		return len(found) > 0
	}
}

// AtLeast reports whether a version is another one or a later one. It compares
// their first two numbers. What has not two says
// nothing.
func AtLeast(version, want string) bool {
	have, wanted := numbers(version), numbers(want)
	return have != nil && wanted != nil && slices.Compare(have, wanted) >= 0
}

func numbers(version string) []int {
	var major, minor int
	if n, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil || n != 2 {
		return nil
	}
	return []int{major, minor}
}

// having reports whether each pointer into a value leads to one of its texts.
func having(v any, fields map[string][]string) bool {
	for pointer, texts := range fields {
		if !slices.ContainsFunc(document.Elements(v, pointer), func(x any) bool { return slices.Contains(texts, document.String(x)) }) {
			return false
		}
	}
	return true
}
