package scenarios_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/sodprobe/sodprobe/probes/catalog"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/systems"
)

const example = "examples/payments-prod.yaml"

// What ships loads against the catalog that ships.
func TestShippedDocuments(t *testing.T) {
	now := time.Date(2026, 10, 1, 12, 34, 56, 0, time.FixedZone("", 7200))
	for name, data := range map[string][]byte{"example": read(t, example), "template": scenarios.Template("my-scenario", now)} {
		s, err := scenarios.Load(name, data, scenarios.Options{Systems: systems.All(), Set: catalog.All()})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var text strings.Builder
		if err := scenarios.Explain(&text, s, catalog.All()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTemplate(t *testing.T) {
	now := time.Date(2026, 10, 1, 1, 0, 0, 0, time.FixedZone("", 7200))
	data := scenarios.Template("my-scenario", now)
	s, err := scenarios.Load("scenario.yaml", data, scenarios.Options{Systems: systems.All(), Set: catalog.All()})
	if err != nil {
		t.Fatal(err)
	}
	if s.Metadata.ID != "my-scenario" {
		t.Errorf("id = %q", s.Metadata.ID)
	}
	if want := time.Date(2026, 9, 30, 0, 0, 0, 0, time.UTC); !s.Authorization.NotBefore.Equal(want) {
		t.Errorf("notBefore = %v, want the day in UTC, %v", s.Authorization.NotBefore, want)
	}
	if got := strings.Count(string(data), "(*)"); got < 10 {
		t.Errorf("%d values are marked to be replaced, want all of them", got)
	}
}

func TestExplain(t *testing.T) {
	data := strings.Replace(string(read(t, example)), "kubernetes.secret.get\n    target: prod\n    as: [dev-bob]",
		"kubernetes.clusterrole.create\n    target: prod\n    as: [dev-bob]\n  - probe: kubernetes.secret.get\n    target: prod\n    as: [dev-bob]", 1)
	data = strings.Replace(data, "expect: [authorization, admission-policy]", "expect: [admission-policy]", 1)
	var text strings.Builder
	if err := scenarios.Explain(&text, load(t, []byte(data)), testSet()); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/explain.golden", text.String())
}

// An explanation that cannot be complete is none.
func TestExplainUnknownProbe(t *testing.T) {
	var text strings.Builder
	err := scenarios.Explain(&text, load(t, read(t, "testdata/good.yaml")), testSet()[:1])
	if err == nil || text.Len() > 0 {
		t.Errorf("got %v and %d bytes, want an error and nothing", err, text.Len())
	}
}

func TestResolve(t *testing.T) {
	good := string(read(t, "testdata/good.yaml"))
	good = strings.Replace(good, "exclude: []", "exclude: [kubernetes.secret.*]", 1)
	s := load(t, []byte(good+`    allowed: {deployment: api-dev}
  - probe: kubernetes.pod.exec
    target: prod
    as: [dev-alice]
    positive: {waive: nobody may}
    expect: [authorization]
  - probe: kubernetes.secret.get
    target: prod
    as: [dev-alice]
    with: {secret: x}
    positive: release
    negative: nobody
    observer: reader
`))
	type short struct {
		Probe, Target, Positive, Waive, Negative, Observer string
		Developers                                         []string
		With, Allowed                                      map[string]string
		Expect                                             []targets.Layer
		Excluded                                           bool
	}
	both := []targets.Layer{targets.Authorization, targets.AdmissionPolicy}
	base := short{Target: "prod", Positive: "release", Negative: "nobody", Observer: "reader", Developers: []string{"dev-alice"}, Expect: both}
	want := []short{base, base, base, base}
	want[0].Probe, want[0].With, want[0].Allowed = "kubernetes.deployment.create", map[string]string{}, map[string]string{}
	want[1].Probe, want[1].With, want[1].Allowed = "kubernetes.deployment.patch", map[string]string{"deployment": "api"}, map[string]string{"deployment": "api-dev"}
	want[2].Probe, want[2].With, want[2].Allowed = "kubernetes.pod.exec", map[string]string{"pod": "sodprobe-absent"}, map[string]string{"pod": "sodprobe-absent"}
	want[2].Positive, want[2].Waive, want[2].Expect = "", "nobody may", both[:1]
	want[3].Probe, want[3].With, want[3].Allowed = "kubernetes.secret.get", map[string]string{"secret": "x"}, map[string]string{"secret": "x"}
	want[3].Excluded = true
	for i, a := range s.Attempts {
		r, err := s.Resolve(a, testSet())
		if err != nil {
			t.Fatal(err)
		}
		got := short{
			Probe: r.Probe.ID, Target: r.Target.ID, Waive: r.Waive, Negative: r.Negative.ID, Observer: r.Observer.ID,
			With: r.With, Allowed: r.Allowed, Expect: r.Expect, Excluded: r.Excluded,
		}
		if r.Positive != nil {
			got.Positive = r.Positive.ID
		}
		for _, d := range r.Developers {
			got.Developers = append(got.Developers, d.ID)
		}
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("attempt %d (-want +got)\n%s", i, diff)
		}
	}
}

func TestResolveUnknown(t *testing.T) {
	s := load(t, read(t, "testdata/good.yaml"))
	if r, err := s.Resolve(scenarios.Attempt{Probe: "kubernetes.x.y", Target: "prod"}, testSet()); err == nil || r.Probe.ID != "" {
		t.Errorf("got %+v, %v; want an error and nothing", r, err)
	}
}

func TestSchema(t *testing.T) {
	schema, err := scenarios.Schema(systems.All())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "scenario.schema.json", string(schema))
}

// The schema accepts what loads, and refuses what is wrong by form alone.
// What stands across fields is beyond it.
func TestSchemaAgrees(t *testing.T) {
	schema := compile(t)
	for _, data := range [][]byte{read(t, example), read(t, "testdata/good.yaml"), scenarios.Template("a", time.Unix(0, 0))} {
		if err := schema.Validate(instance(t, data)); err != nil {
			t.Errorf("the schema refuses what loads: %v", err)
		}
	}
	for _, name := range []string{
		"unknown-field", "unknown-field-nested", "two-systems", "aws-account-form", "aws-endpoint", "aws-permitted-action", "aws-inline-token", "as-empty",
		"as-other-role", "as-number", "technique-canary", "technique-unknown", "groups-missing", "groups-null",
		"role-unknown", "positive-both", "positive-empty", "positive-null", "expect-empty", "ca-form", "text-for-number",
		"number-out-of-bounds", "number-for-text", "parameter-number", "mapping-for-list", "list-for-mapping", "duration",
		"persona-yes", "api-version", "missing-authorization", "secret-field",
	} {
		if err := schema.Validate(instance(t, read(t, "testdata/bad/"+name+".yaml"))); err == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(read(t, "scenario.schema.json"))))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scenario.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("scenario.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// instance is a YAML text as JSON has it; times stay the text that they are.
func instance(t *testing.T, data []byte) any {
	t.Helper()
	text := regexp.MustCompile(`(?m)(not(?:Before|After): )(\S+)`).ReplaceAll(data, []byte(`$1"$2"`))
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
