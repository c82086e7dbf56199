package guard_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/document"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// answers is a Reader over fixed documents, by path; what it lacks cannot be
// read. It notes what was read.
type answers struct {
	documents map[string]string
	read      []string
}

func (a *answers) reader(_ context.Context, r targets.Request, _ []string) (targets.Exchange, any, string) {
	a.read = append(a.read, r.Path)
	x := targets.Exchange{Status: http.StatusOK, Sent: &targets.Sent{Method: r.Method, URL: r.Path}}
	text, ok := a.documents[r.Path]
	if !ok {
		return targets.Exchange{Status: http.StatusNotFound}, nil, "it is not there"
	}
	answer, err := document.Read([]byte(text))
	if err != nil {
		return x, nil, err.Error()
	}
	return x, answer, ""
}

// TestConditions: each kind of condition holds for what it says, and for
// nothing else.
func TestConditions(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		must     targets.Condition
		want     bool
	}{
		"a value is there":            {`{"name":"main"}`, targets.Condition{At: "/name"}, true},
		"null is nothing":             {`{"name":null}`, targets.Condition{At: "/name"}, false},
		"the whole is null":           {`null`, targets.Condition{At: ""}, false},
		"one of":                      {`{"status":"failed"}`, targets.Condition{At: "/status", Any: []string{"success", "failed"}}, true},
		"none of the wanted":          {`{"status":"manual"}`, targets.Condition{At: "/status", Any: []string{"success", "failed"}}, false},
		"no value, and one is wanted": {`{}`, targets.Condition{At: "/status", Any: []string{"success"}}, false},
		"a number":                    {`{"id":77}`, targets.Condition{At: "/id", Any: []string{"77"}}, true},
		"one element of a list":       {`[{"id":76},{"id":77}]`, targets.Condition{At: "/*/id", Any: []string{"77"}}, true},
		"no element of a list":        {`[{"id":76}]`, targets.Condition{At: "/*/id", Any: []string{"77"}}, false},
		"not among":                   {`[{"id":76}]`, targets.Condition{At: "/*/id", None: []string{"77"}}, true},
		"among":                       {`[{"id":76},{"id":77}]`, targets.Condition{At: "/*/id", None: []string{"77"}}, false},
		"lists in lists":              {`{"hooks":[{"rules":[{"operations":["CREATE"]},{"operations":["CONNECT"]}]}]}`, targets.Condition{At: "/hooks/*/rules/*/operations/*", None: []string{"CONNECT"}}, false},
		"no rule for both":            {`[{"ops":["CONNECT"],"on":["nodes"]},{"ops":["CREATE"],"on":["pods/exec"]}]`, targets.Condition{At: "/*", NoneHaving: map[string][]string{"/ops/*": {"CONNECT", "*"}, "/on/*": {"pods/exec"}}}, true},
		"one rule for both":           {`[{"ops":["*"],"on":["nodes","pods/exec"]}]`, targets.Condition{At: "/*", NoneHaving: map[string][]string{"/ops/*": {"CONNECT", "*"}, "/on/*": {"pods/exec"}}}, false},
		"a short list":                {`[1,2]`, targets.Condition{At: "", Fewer: 3}, true},
		"a long list":                 {`[1,2,3]`, targets.Condition{At: "", Fewer: 3}, false},
		"no list":                     {`{"message":"403"}`, targets.Condition{At: "", Fewer: 3}, false},
		"the version itself":          {`{"version":"17.11.0-ee"}`, targets.Condition{At: "/version", AtLeast: "17.11"}, true},
		"a later version":             {`{"version":"18.2.1"}`, targets.Condition{At: "/version", AtLeast: "17.11"}, true},
		"an older version":            {`{"version":"17.9.8-ee"}`, targets.Condition{At: "/version", AtLeast: "17.11"}, false},
		"much older":                  {`{"version":"9.20"}`, targets.Condition{At: "/version", AtLeast: "17.11"}, false},
		"no version":                  {`{"version":"main"}`, targets.Condition{At: "/version", AtLeast: "17.11"}, false},
		"no version at all":           {`{}`, targets.Condition{At: "/version", AtLeast: "17.11"}, false},
		"absent":                      {`{"spec":{}}`, targets.Condition{At: "/spec/service", Absent: true}, true},
		"null is absent":              {`{"spec":{"service":null}}`, targets.Condition{At: "/spec/service", Absent: true}, true},
		"present, and must not be":    {`{"spec":{"service":{"name":"x"}}}`, targets.Condition{At: "/spec/service", Absent: true}, false},
		"a text is no list":           {`{"ids":"77"}`, targets.Condition{At: "/ids/*", Any: []string{"77"}}, false},
	} {
		c.must.Else = "it does not hold"
		lease := &guard.Lease{Rules: []targets.Rule{{Prepare: []targets.Preparation{{Path: "/x", Must: []targets.Condition{c.must}}}}}}
		steps, problem := lease.Prepare(t.Context(), (&answers{documents: map[string]string{"/x": c.document}}).reader)
		if (problem == "") != c.want || problem != "" && problem != c.must.Else || len(steps) != 1 {
			t.Errorf("%s: %q after %d reads", name, problem, len(steps))
		}
	}
}

// TestPrepareInOrder: what one read takes, the next one asks for; the first
// that does not say what it must is the last.
func TestPrepareInOrder(t *testing.T) {
	rules := []targets.Rule{{Prepare: []targets.Preparation{
		{Path: "/jobs/77", Take: map[string]string{"pipeline": "/pipeline/id"}},
		{Path: "/pipelines/{pipeline}", Must: []targets.Condition{{At: "/name", Any: []string{"{pipeline}"}, Else: "another pipeline than {pipeline}"}}, Shows: "{pipeline} is it"},
		{Path: "/last", Else: "there is no last"},
	}}}
	a := &answers{documents: map[string]string{"/jobs/77": `{"pipeline":{"id":12}}`, "/pipelines/12": `{"name":"12"}`, "/last": `{}`}}
	lease := &guard.Lease{Rules: rules}
	if _, problem := lease.Prepare(t.Context(), a.reader); problem != "" || !slices.Equal(a.read, []string{"/jobs/77", "/pipelines/12", "/last"}) {
		t.Errorf("%q after %v", problem, a.read)
	}
	for name, c := range map[string]struct {
		path, document, want string
		reads                int
	}{
		"nothing to take":        {"/jobs/77", `{}`, "/jobs/77 does not say at /pipeline/id", 1},
		"a path to take":         {"/jobs/77", `{"pipeline":{"id":"../admin"}}`, "/jobs/77 does not say at /pipeline/id", 1},
		"a condition of it":      {"/pipelines/12", `{"name":"13"}`, "another pipeline than 12", 2},
		"a read that is missing": {"/last", "", "there is no last: it is not there", 3},
	} {
		b := &answers{documents: map[string]string{"/jobs/77": `{"pipeline":{"id":12}}`, "/pipelines/12": `{"name":"12"}`, "/last": `{}`}}
		b.documents[c.path] = c.document
		if c.document == "" {
			delete(b.documents, c.path)
		}
		steps, problem := (&guard.Lease{Rules: rules}).Prepare(t.Context(), b.reader)
		if !strings.HasPrefix(problem, c.want) || len(steps) != c.reads {
			t.Errorf("%s: %q after %d reads", name, problem, len(steps))
		}
	}
}

// TestNothingLeavesUnprepared: a request whose rule wants something to be shown
// leaves only under a lease that was prepared, and the invariant is told what
// was shown.
func TestNothingLeavesUnprepared(t *testing.T) {
	var shown []string
	s := newPeer(t, ok, func(c *guard.Config) {
		c.Invariant = func(_ *http.Request, _ []byte, facts []string) error {
			shown = facts
			return nil
		}
	})
	rule := write()
	rule.Prepare = []targets.Preparation{{Path: "/crd", Must: []targets.Condition{{At: "/served", Any: []string{"true"}, Else: "it is not served"}}, Shows: "it is served"}}
	for name, c := range map[string]struct {
		document string
		prepare  bool
		leaves   bool
	}{
		"never prepared": {"", false, false},
		"not shown":      {`{"served":false}`, true, false},
		"shown":          {`{"served":true}`, true, true},
	} {
		lease := &guard.Lease{Rules: []targets.Rule{rule}}
		if c.prepare {
			_, problem := lease.Prepare(t.Context(), (&answers{documents: map[string]string{"/crd": c.document}}).reader)
			if (problem == "") != c.leaves {
				t.Errorf("%s: %q", name, problem)
			}
		}
		x, _ := s.try(t, lease, s.request(t))
		if (x.Sent != nil) != c.leaves || !c.leaves && !strings.Contains(x.Refused, "was not read") {
			t.Errorf("%s: %+v", name, x)
		}
	}
	if !slices.Equal(shown, []string{"it is served"}) {
		t.Errorf("the invariant was told %v", shown)
	}
}

// TestSoftPreparation: where only a yes would mean nothing, the request leaves,
// and the record says what it leaves out.
func TestSoftPreparation(t *testing.T) {
	s := newPeer(t, ok)
	rule := write()
	rule.Prepare = []targets.Preparation{{Path: "/hooks", Must: []targets.Condition{{At: "/items/*", None: []string{"CONNECT"}, Else: "a webhook decides on CONNECT"}}, Soft: true}}
	for document, want := range map[string]string{`{"items":["CREATE"]}`: "", `{"items":["CONNECT"]}`: "a webhook decides on CONNECT", "": "it is not there"} {
		a := &answers{documents: map[string]string{"/hooks": document}}
		if document == "" {
			a.documents = nil
		}
		lease := &guard.Lease{Rules: []targets.Rule{rule}}
		steps, problem := lease.Prepare(t.Context(), a.reader)
		x, _ := s.try(t, lease, s.request(t))
		if problem != "" || len(steps) != 1 || x.Sent == nil || x.Unexercised != want {
			t.Errorf("%s: %q, %+v", document, problem, x)
		}
	}
}

// TestReplace: the body that leaves is the object as it was read, with the
// declared change alone, bound to what it was.
func TestReplace(t *testing.T) {
	var got string
	s := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = string(body)
		ok(w, r)
	})
	const live = `{"kind":"Thing","metadata":{"name":"sodprobe-1","uid":"u","resourceVersion":"7"},"spec":{"password":"hunter2","size":12345678901234567890,"list":[1]}}`
	rule := targets.Rule{
		Method: "POST", Path: "/things", Query: map[string]string{"dryRun": "All"}, Mutating: true,
		Replace: &targets.Replace{Path: "/things/sodprobe-1", Name: "sodprobe-1", Set: map[string]string{
			"/metadata/annotations/a~1b": `"x"`, "/spec/list/-": `{"y":true}`, "/spec/new/-": `2`,
		}},
	}
	const want = `{"kind":"Thing","metadata":{"annotations":{"a/b":"x"},"name":"sodprobe-1","resourceVersion":"7","uid":"u"},` +
		`"spec":{"list":[1,{"y":true}],"new":[2],"password":"hunter2","size":12345678901234567890}}`
	send := func(document string, body func(*guard.Lease) string) (targets.Exchange, string) {
		got = ""
		lease := &guard.Lease{Rules: []targets.Rule{rule}}
		_, problem := lease.Prepare(t.Context(), (&answers{documents: map[string]string{"/things/sodprobe-1": document}}).reader)
		r := s.request(t)
		r.Body = io.NopCloser(strings.NewReader(body(lease)))
		x, _ := s.try(t, lease, r)
		return x, problem
	}
	made := func(l *guard.Lease) string { return string(l.Replacement()) }
	x, problem := send(live, made)
	if problem != "" || got != want {
		t.Errorf("%q %q\n got %s\nwant %s", problem, x.Refused, got, want)
	}
	if strings.Contains(x.Sent.Body, "hunter2") || !strings.Contains(x.Sent.Body, `"resourceVersion":"7"`) || !strings.Contains(x.Sent.Body, `"/spec/list/-"`) {
		t.Errorf("recorded: %s", x.Sent.Body)
	}
	for name, c := range map[string]struct {
		document string
		body     func(*guard.Lease) string
	}{
		"another body":       {live, func(*guard.Lease) string { return live }},
		"a byte more":        {live, func(l *guard.Lease) string { return made(l) + " " }},
		"another object":     {strings.Replace(live, "sodprobe-1", "api", 1), func(*guard.Lease) string { return want }},
		"no uid":             {strings.Replace(live, `"uid":"u",`, "", 1), func(*guard.Lease) string { return want }},
		"no resourceVersion": {strings.Replace(live, `,"resourceVersion":"7"`, "", 1), func(*guard.Lease) string { return want }},
		"no object":          {`[]`, func(*guard.Lease) string { return want }},
		"a field in the way": {strings.Replace(live, "[1]", `"text"`, 1), func(*guard.Lease) string { return want }},
	} {
		if x, _ := send(c.document, c.body); x.Sent != nil || got != "" {
			t.Errorf("%s left: %s", name, got)
		}
	}
	rule.Replace.Set["/metadata/uid"] = `"v"`
	if _, problem := send(live, func(*guard.Lease) string { return want }); problem == "" {
		t.Error("a rule may change what binds the request")
	}
}
