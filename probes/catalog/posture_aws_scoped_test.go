package catalog_test

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/lab/awslab"
)

// scopedRow is one line of what somebody wrote down by hand: what a probe comes to
// where the right hangs on one statement.
type scopedRow struct{ probe, posture, statement, want string }

func scopedTable(t *testing.T) []scopedRow {
	t.Helper()
	f, err := os.Open("testdata/postures/aws-scoped.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var out []scopedRow
	for scan := bufio.NewScanner(f); scan.Scan(); {
		line := scan.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 5 || cells[4] == "" {
			t.Fatalf("a row has %d cells, or no reason: %q", len(cells), line)
		}
		out = append(out, scopedRow{cells[0], cells[1], cells[2], cells[3]})
	}
	return out
}

// sid is the statement of a row as a policy has it.
func (r scopedRow) sid(t *testing.T, effect string) map[string]any {
	t.Helper()
	text := strings.NewReplacer(
		"::A:", "::"+awslab.Account+":", ":R:", ":"+awslab.Region+":"+awslab.Account+":",
	).Replace(r.statement)
	s := map[string]any{"Effect": effect, "Action": actionOf(t, r.probe)}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatalf("%s: %v", r.probe, err)
	}
	return s
}

// actionOf is the action under test of a probe.
func actionOf(t *testing.T, id string) string {
	t.Helper()
	for _, p := range of(aws.Name) {
		if p.ID == id {
			return p.Request(target(aws.Name).Place(targets.Production), example(p)).Action
		}
	}
	t.Fatalf("there is no probe %s", id)
	return ""
}

// everything is what developers may do where one statement denies; own is what
// they may do at their own place.
func everything() []map[string]any {
	return []map[string]any{{"Effect": "Allow", "Action": "*", "Resource": "*"}}
}

func own() []map[string]any {
	allow := func(action, resource string) map[string]any {
		return map[string]any{"Effect": "Allow", "Action": action, "Resource": resource}
	}
	return []map[string]any{
		allow("s3:*", "arn:aws:s3:::dev-artifacts/*"), allow("lambda:*", "arn:aws:lambda:*:function:payments-dev"),
		allow("ecs:UpdateService", "arn:aws:ecs:*:service/dev/*"), allow("ssm:PutParameter", "arn:aws:ssm:*:parameter/dev/*"),
		allow("ec2:RunInstances", "arn:aws:ec2:*:subnet/subnet-0d1e2f3a4b5c6d7e8"),
	}
}

// TestScopedAWS: where a right is scoped by resource, tag or condition key, each
// probe comes to what the table says, and nothing takes effect. The role can be
// taken on only under the person's name and with their team.
func TestScopedAWS(t *testing.T) {
	rows := scopedTable(t)
	for _, posture := range []string{"denied", "granted", "demanded", "session"} {
		for _, effect := range []string{"Allow", "Deny"} {
			statements, wants := own(), map[string]string{}
			if effect == "Deny" {
				statements = everything()
			}
			for _, r := range rows {
				if r.posture != posture {
					continue
				}
				s := r.sid(t, map[string]string{"denied": "Deny", "granted": "Allow"}[posture])
				if s["Effect"] == effect {
					statements, wants[r.probe] = append(statements, s), r.want
				}
			}
			if len(wants) == 0 {
				continue
			}
			t.Run(posture+" by "+effect, func(t *testing.T) {
				t.Parallel()
				scoped(t, statements, wants)
			})
		}
	}
}

// scoped runs the probes under a policy and compares what they come to.
func scoped(t *testing.T, statements []map[string]any, wants map[string]string, changes ...func(scenarios.Attempt)) {
	t.Helper()
	lab := startScoped(t, statements)
	target, scenario := connectAWS(t, lab)
	for _, a := range scenario.Attempts {
		for _, change := range changes {
			change(a)
		}
	}
	got := execute(t, scenario, target, aws.Classify, aws.Oracle())
	if changed := lab.Snapshot(); len(changed) > 0 {
		t.Errorf("something took effect: %v", changed)
	}
	for id, want := range wants {
		if o, ok := got[id]; !ok || comesTo(o) != want {
			t.Errorf("%s: %s, want %s: %+v %v %v %+v", id, comesTo(o), want, o.Response, o.Missing, o.Open, o.Arms.Prediction)
		}
	}
}

// startScoped starts an account in which developers have a policy of these
// statements.
func startScoped(t *testing.T, statements []map[string]any) *awslab.AWS {
	t.Helper()
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		t.Fatal(err)
	}
	lab, err := awslab.Start(t.Context(), awslab.Config{Scoped: string(policy), Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lab.Close() })
	return lab
}

// TestScopedOptional: where the scenario does not give what a right demands, its
// refusal proves nothing.
func TestScopedOptional(t *testing.T) {
	demands := func(action, operator, key string) map[string]any {
		return map[string]any{"Effect": "Deny", "Action": action, "Resource": "*", "Condition": map[string]any{operator: map[string]string{key: "true"}}}
	}
	scoped(t, append(everything(), demands("iam:CreateRole", "Null", "iam:PermissionsBoundary"), demands("ec2:RunInstances", "Null", "aws:RequestTag/team")),
		map[string]string{"aws.iam.create-role": "not-corroborated", "aws.ec2.run-instances": "not-corroborated"},
		func(a scenarios.Attempt) {
			for _, optional := range []string{"boundary", "tags"} {
				if _, ok := a.With[optional]; ok {
					a.With[optional] = "none"
				}
			}
		})
}

// TestScopedWhole: each probe has its row of what is denied and of what is granted.
// Who may assume a role with a token is told by that role's trust policy alone, and
// not by any policy of the caller's.
func TestScopedWhole(t *testing.T) {
	rows := scopedTable(t)
	for _, p := range of(aws.Name) {
		for _, posture := range []string{"denied", "granted"} {
			has := slices.ContainsFunc(rows, func(r scopedRow) bool { return r.probe == p.ID && r.posture == posture })
			if has == p.Requires.Has(aws.NeedsWebIdentity) {
				t.Errorf("%s, %s: %t", p.ID, posture, has)
			}
		}
	}
}

// TestScopedTrust: where a role's trust policy asks who somebody is, a session that
// does not say so is never made, and nothing is concluded.
func TestScopedTrust(t *testing.T) {
	for name, change := range map[string]func(*aws.Identity){
		"no name": func(a *aws.Identity) { a.SessionName = "" },
		"no team": func(a *aws.Identity) { delete(a.Tags, "team") },
		"another": func(a *aws.Identity) { a.Tags["team"] = "search" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lab := startScoped(t, everything())
			target, scenario := connectAWS(t, lab)
			change(scenario.Identities[0].Blocks[0].(*aws.Identity))
			got := execute(t, scenario, target, aws.Classify, aws.Oracle())
			for id, o := range got {
				if o.Identity == "alice" && o.Outcome != probes.Inconclusive {
					t.Errorf("%s: %s", id, o.Outcome)
				}
			}
		})
	}
}
