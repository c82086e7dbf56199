package catalog_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/scenarios/engine"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/lab/awslab"
)

// awsTable is what the probes come to by posture.
func awsTable(t *testing.T) map[string]map[string]string {
	t.Helper()
	return table(t, "aws", "enforced", "permissive")
}

// TestEnforcedAWS: each probe comes to what the table says, by the layer that
// stands in its way, and nothing in the account changes.
func TestEnforcedAWS(t *testing.T) {
	got := runAWS(t, false, awslab.FaultNone)
	asWritten(t, awsTable(t), "enforced", got)
	layers := map[targets.Layer]int{}
	for _, o := range got {
		layers[o.Response.Layer]++
	}
	for _, l := range []targets.Layer{targets.IdentityPolicy, targets.PermissionsBoundary, targets.SCP, targets.ResourcePolicy} {
		if layers[l] == 0 {
			t.Errorf("nothing was stopped by %s: %v", l, layers)
		}
	}
}

// TestPermissiveAWS: where the control is missing each probe comes to what the
// table says, and nothing in the account changes even so.
func TestPermissiveAWS(t *testing.T) {
	asWritten(t, awsTable(t), "permissive", runAWS(t, true, awslab.FaultNone))
}

// TestRecordsAWS: where AWS keeps a record of a denial, it is fetched, though it is
// not there at once, and stands with the attempt; one that says something else makes
// the attempt Inconclusive.
func TestRecordsAWS(t *testing.T) {
	for name, lies := range map[string]bool{"as answered": false, "otherwise": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lab := startAWS(t, false)
			if lies {
				lab.Lie()
			}
			target, scenario := connectAWS(t, lab)
			n := 0
			for id, o := range execute(t, scenario, target, aws.Classify, aws.Oracle()) {
				if o.Arms.Record == "" {
					continue
				}
				n++
				if want := map[bool]targets.Opinion{false: targets.Denies, true: targets.Allows}[lies]; o.Arms.Record != want {
					t.Errorf("%s: %s, want %s", id, o.Arms.Record, want)
				}
				if lies && (o.Outcome != probes.Inconclusive || o.Reason != probes.ReasonRecordDiffers || !o.Urgent) {
					t.Errorf("%s: %+v", id, o.Judgement)
				}
			}
			if n == 0 {
				t.Error("no record was read")
			}
		})
	}
}

// onePoison are the probes whose request has one reason alone for which it
// cannot take effect, by which check of the lab that is: no second one is known,
// or it is the service's own dry run.
func onePoison() map[int][]string {
	return map[int][]string{
		1: {
			"cloudformation:ExecuteChangeSet", "cloudtrail:StopLogging", "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateLaunchTemplateVersion",
			"ec2:ModifyInstanceAttribute", "ec2:RunInstances", "iam:AddUserToGroup", "iam:CreateAccessKey", "iam:DeleteRolePermissionsBoundary",
			"iam:SetDefaultPolicyVersion", "ssm:StartSession",
		},
		2: {"iam:AttachRolePolicy"},
		3: {},
	}
}

// TestLookAlikes: a server that ignores one reason for which a request cannot
// take effect still changes nothing, where there are two; and where there is one,
// what it did is never taken for a refusal.
func TestLookAlikes(t *testing.T) {
	for ignored, known := range onePoison() {
		t.Run(fmt.Sprintf("without check %d", ignored), func(t *testing.T) {
			t.Parallel()
			lab := startAWS(t, true)
			target, scenario := connectAWS(t, lab)
			lab.Ignore(ignored)
			got := execute(t, scenario, target, aws.Classify, aws.Oracle())
			changed := lab.Snapshot()
			for _, change := range changed {
				if operation, _, _ := strings.Cut(change, " "); !slices.Contains(known, operation) {
					t.Errorf("it changed %s", change)
				}
			}
			if (len(changed) > 0) != (len(known) > 0) { // the first of them stops the run
				t.Errorf("it changed %v, want one of %v", changed, known)
			}
			for id, o := range got {
				if o.Outcome == probes.Blocked {
					t.Errorf("%s: %s", id, o.Outcome)
				}
			}
		})
	}
}

// TestFaultsAWS: whatever goes wrong, in either posture, nothing is Blocked.
func TestFaultsAWS(t *testing.T) {
	for _, permissive := range []bool{false, true} {
		for _, fault := range awslab.Faults() {
			t.Run(fmt.Sprintf("permissive=%t/%s", permissive, fault), func(t *testing.T) {
				t.Parallel()
				provesNothing(t, runAWS(t, permissive, fault))
			})
		}
	}
}

// startAWS starts a simulated account.
func startAWS(t *testing.T, permissive bool) *awslab.AWS {
	t.Helper()
	lab, err := awslab.Start(t.Context(), awslab.Config{Permissive: permissive, Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lab.Close() })
	return lab
}

// runAWS runs every probe as a developer and returns the observations by
// probe. Nothing may have taken effect afterwards.
func runAWS(t *testing.T, permissive bool, fault awslab.Fault) map[string]journal.Observation {
	t.Helper()
	lab := startAWS(t, permissive)
	target, scenario := connectAWS(t, lab)
	lab.SetFault(fault)
	out := execute(t, scenario, target, aws.Classify, aws.Oracle())
	if diff := cmp.Diff([]string(nil), lab.Snapshot()); diff != "" {
		t.Errorf("something took effect:\n%s", diff)
	}
	if len(out) != len(of(aws.Name)) {
		t.Fatalf("%d observations of %d probes", len(out), len(of(aws.Name)))
	}
	return out
}

type account struct{ *aws.Account }

func (a account) Assume(ctx context.Context, id targets.Identity) (engine.Session, error) {
	return a.Account.Assume(ctx, id)
}

func connectAWS(t *testing.T, lab *awslab.AWS, changes ...func(*aws.Config, *scenarios.Scenario)) (engine.Target, *scenarios.Scenario) {
	t.Helper()
	by := func(id string, role targets.Role, name string) targets.Identity {
		return targets.Identity{ID: id, Role: role, Blocks: targets.Blocks{&aws.Identity{AssumeRole: awslab.RoleARN(name)}}}
	}
	token := func(id string, role targets.Role, name string) targets.Identity {
		return targets.Identity{ID: id, Role: role, Blocks: targets.Blocks{&aws.Identity{
			WebIdentity: &aws.WebIdentity{Role: awslab.RoleARN(name), Token: targets.Secret{Env: name}},
		}}}
	}
	s := &scenarios.Scenario{
		Targets: []targets.Target{{ID: "prod", RequestsPerSecond: 100000, Block: &aws.Target{
			AccountID: awslab.Account, Region: awslab.Region, Endpoint: lab.Endpoint(), Emulator: true,
			Allowed: aws.AllowedCall{Action: "s3:PutObject", Resource: awslab.Allowed},
		}}},
		Identities: []targets.Identity{
			by("alice", targets.Developer, awslab.Developer), by("release", targets.Authorized, awslab.Release), by("reader", targets.Observer, awslab.Reader),
			token("branch", targets.Developer, awslab.Branch), token("trusted", targets.Authorized, awslab.Trusted), token("stranger", targets.Unprivileged, awslab.Stranger),
		},
	}
	// As in life: alice's sessions bear her name and her team.
	alice := s.Identities[0].Blocks[0].(*aws.Identity)
	alice.SessionName, alice.Tags = "alice@corp.example", map[string]string{"team": "payments", "cost-center": "7"}
	for _, p := range of(aws.Name) {
		a := scenarios.Attempt{
			Probe: p.ID, Target: "prod", As: scenarios.Subjects{IDs: []string{"alice"}}, With: example(p).With, Allowed: map[string]string{},
			Positive: &scenarios.Positive{Identity: "release"},
		}
		if p.Requires.Has(aws.NeedsWebIdentity) {
			a.As.IDs, a.Positive.Identity = []string{"branch"}, "trusted"
		}
		for _, n := range p.Needs {
			if n.Elsewhere != "" {
				a.Allowed[n.Name] = n.Elsewhere
			}
		}
		s.Attempts = append(s.Attempts, a)
	}
	id, secret := lab.Keys()
	cfg := aws.Config{
		SessionNames: []string{"alice@corp.example"}, Target: s.Targets[0], Reader: s.Identities[2], Source: aws.FromKeys(aws.Keys{ID: id, Secret: secret}, &http.Transport{}), Roots: lab.Roots(),
		Secret: func(at targets.Secret) (string, error) { return lab.Token(at.Env), nil },
		Budget: targets.NewBudget(1 << 20), Marker: "sodprobe-test", UserAgent: "sodprobe-test", Timeout: 5 * time.Second, Now: time.Now,
		Patience: time.Millisecond,
	}
	for _, change := range changes {
		change(&cfg, s)
	}
	c, err := aws.Connect(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return account{c}, s
}

// tlsOf trusts the account's own certificate.
func tlsOf(lab *awslab.AWS) *tls.Config {
	return &tls.Config{RootCAs: lab.Roots(), MinVersion: tls.VersionTLS12}
}
