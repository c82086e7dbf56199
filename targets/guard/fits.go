package guard

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// Fits reports why a recorded request is none that the rules let leave, nil where
// it is one: by its method, path, whole query, the headers that are recorded, and
// the fields of its body that make it harmless. What a record does not hold is not
// compared: the host of a service, what a push or a replacement rests on, a body
// that was cut or from which a secret was taken.
func Fits(rules []targets.Rule, sent targets.Sent) error {
	u, err := url.Parse(sent.URL)
	if err != nil {
		return fmt.Errorf("the URL cannot be read: %w", err)
	}
	r := &http.Request{Method: sent.Method, URL: u, Header: http.Header{}}
	for name, value := range sent.Headers {
		r.Header.Set(name, value)
	}
	query, err := strictQuery(u)
	if err != nil {
		return err
	}
	body, err := read(sent.Headers["Content-Type"], []byte(sent.Body))
	if err != nil {
		body = payload{text: sent.Body, broken: err}
	}
	body.push, body.host = nil, func(string) string { return u.Host }
	why := error(refuse("there are no rules"))
	for _, rule := range rules {
		if rule.Push != nil && pushes(rule, r.Method, u) {
			return nil
		}
		misfit := fits(recordable(rule, sent), r, query, body)
		if misfit == "" {
			return nil
		}
		why = refuse("%s %s is not what the plan sends: %s", sent.Method, u.RequestURI(), misfit)
	}
	return why
}

// pushes reports whether a request belongs to a push: the advertisement that comes
// before it, where the server let nothing more come, or the push itself.
func pushes(rule targets.Rule, method string, u *url.URL) bool {
	repository := strings.TrimSuffix(rule.Path, "/git-receive-pack")
	switch {
	case u.Scheme == "ssh":
		return strings.TrimPrefix(u.Path, "/") == strings.TrimPrefix(repository, "/")
	case method == http.MethodGet:
		return u.Path == repository+"/info/refs" && u.RawQuery == "service=git-receive-pack"
	}
	return method == http.MethodPost && u.Path == rule.Path && u.RawQuery == ""
}

// recordable is what of a rule a record can be held against.
func recordable(rule targets.Rule, sent targets.Sent) targets.Rule {
	header := map[string]string{}
	for name, want := range rule.Header {
		if _, recorded := sent.Headers[name]; recorded {
			header[name] = want
		}
	}
	rule.Header = header
	if rule.Push != nil || rule.Replace != nil || len(sent.Body) >= targets.MaxBody || strings.Contains(sent.Body, Redacted) {
		rule.Push, rule.Replace, rule.Body = nil, nil, nil
		rule.Text = sent.Body
		if sent.Body == "" {
			rule.Text = ""
		}
	}
	return rule
}
