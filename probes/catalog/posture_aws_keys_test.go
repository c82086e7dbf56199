package catalog_test

import (
	"crypto/rand"
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/lab/awslab"
)

// alone runs one probe where developers have a policy of these statements, and
// returns what became of it.
func alone(t *testing.T, cfg awslab.Config, id string, statements []map[string]any, with map[string]string) journal.Observation {
	t.Helper()
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Scoped, cfg.Now, cfg.Rand = string(policy), time.Now, rand.Reader
	lab, err := awslab.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lab.Close() })
	target, scenario := connectAWS(t, lab)
	kept := scenario.Attempts[:0]
	for _, a := range scenario.Attempts {
		if a.Probe != id {
			continue
		}
		for name, value := range with {
			a.With[name] = value
		}
		kept = append(kept, a)
	}
	scenario.Attempts = kept
	got := execute(t, scenario, target, aws.Classify, aws.Oracle())[id]
	if changed := lab.Snapshot(); len(changed) > 0 {
		t.Errorf("something took effect: %v", changed)
	}
	return got
}

// TestKeysAWS: a right that hangs on a key which a real request could carry and the
// probe's does not, on another object than the one that is named, or on what nobody
// could look up, is never Blocked.
func TestKeysAWS(t *testing.T) {
	const anywhere = `"Resource":"*","Condition":`
	for name, c := range map[string]struct {
		cfg       awslab.Config
		probe     string
		statement string
		with      map[string]string
		want      string
	}{
		// What the action needs beside itself is on resources of its own.
		"encrypted, no right to a key": {
			probe: "aws.s3.put-object", want: "not-corroborated",
			statement: `{"Resource":"arn:aws:s3:::prod-artifacts/*","Condition":{"StringEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}}`,
		},
		// IAM is asked in us-east-1, wherever the account's Region is.
		"keys in IAM's Region": {
			probe: "aws.iam.create-access-key", want: "open-otherwise",
			statement: `{"Resource":"arn:aws:iam::A:user/prod-operator","Condition":{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}}`,
		},
		"boundaries in IAM's Region": {
			probe: "aws.iam.delete-role-permissions-boundary", want: "open-otherwise",
			statement: `{"Resource":"arn:aws:iam::A:role/prod-deploy","Condition":{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}}`,
		},
		"IAM in another Region": {
			probe: "aws.iam.put-role-policy", want: "Blocked",
			statement: `{` + anywhere + `{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}`,
		},
		// The real object of a ghost has to be there, under the ARN that is asked about.
		"keys of nobody": {
			probe: "aws.iam.create-access-key", want: "target-missing", with: map[string]string{"user": "no-such-user"},
			statement: `{"Resource":"arn:aws:iam::A:user/prod-operator"}`,
		},
		"a shell on no instance": {
			probe: "aws.ssm.start-session", want: "target-missing", with: map[string]string{"instance": "i-0123456789abcdef0"},
			statement: `{"Resource":"arn:aws:ec2:R:instance/i-0a1b2c3d4e5f60718"}`,
		},
		// Keys of the action that no list of the probe's names.
		"encrypted volumes": {probe: "aws.ec2.run-instances", want: "not-corroborated", statement: `{` + anywhere + `{"Bool":{"ec2:Encrypted":"true"}}}`},
		"a launch template": {
			probe: "aws.ec2.run-instances", want: "not-corroborated",
			statement: `{` + anywhere + `{"ArnLike":{"ec2:LaunchTemplate":"arn:aws:ec2:*:launch-template/lt-1"}}}`,
		},
		"types of a stack": {
			probe: "aws.cloudformation.create-change-set", want: "not-corroborated",
			statement: `{` + anywhere + `{"ForAnyValue:StringLike":{"cloudformation:ResourceTypes":["AWS::ECS::*"]}}}`,
		},
		"tags of a change": {
			probe: "aws.cloudformation.create-change-set", want: "not-corroborated",
			statement: `{` + anywhere + `{"StringEquals":{"aws:RequestTag/team":"payments"}}}`,
		},
		"a kind of entry": {
			probe: "aws.eks.create-access-entry", want: "not-corroborated",
			statement: `{` + anywhere + `{"StringEquals":{"eks:accessEntryType":"STANDARD"}}}`,
		},
		"a class of storage": {
			probe: "aws.s3.put-object", want: "not-corroborated",
			statement: `{"Resource":"arn:aws:s3:::prod-artifacts/*","Condition":{"StringEquals":{"s3:x-amz-storage-class":"STANDARD_IA"}}}`,
		},
		"through a service": {
			probe: "aws.codebuild.start-build", want: "not-corroborated",
			statement: `{` + anywhere + `{"ForAnyValue:StringEquals":{"aws:CalledVia":"codepipeline.amazonaws.com"}}}`,
		},
		"another policy": {
			probe: "aws.iam.attach-role-policy", want: "not-corroborated",
			statement: `{` + anywhere + `{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/IAMFullAccess"}}}`,
		},
		"policies of nobody": {probe: "aws.iam.attach-role-policy", want: "Blocked", statement: `{"Resource":"arn:aws:iam::A:role/dev"}`},
		// Without the review nobody knows at which keys the policies look.
		"an address, reviewed": {
			probe: "aws.codebuild.start-build", want: "session-differs",
			statement: `{` + anywhere + `{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}`,
		},
		"an address, unreviewed": {
			cfg: awslab.Config{Unreviewed: true}, probe: "aws.codebuild.start-build", want: "not-corroborated",
			statement: `{` + anywhere + `{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}`,
		},
		"a tag, unreviewed": {
			cfg: awslab.Config{Unreviewed: true}, probe: "aws.codebuild.start-build", want: "not-corroborated",
			statement: `{` + anywhere + `{"StringEquals":{"aws:PrincipalTag/level":"lead"}}}`,
		},
		// The session that is asked for is called as the developer's would be.
		"a role for the person": {
			cfg: awslab.Config{Named: true}, probe: "aws.sts.assume-role", want: "Permitted",
			statement: `{"Resource":"arn:aws:iam::A:role/prod-deploy"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := scopedRow{probe: c.probe, statement: c.statement}
			o := alone(t, c.cfg, c.probe, append(own(), r.sid(t, "Allow")), c.with)
			if comesTo(o) != c.want {
				t.Errorf("%s, want %s: %+v %v %+v", comesTo(o), c.want, o.Response, o.Missing, o.Arms.Prediction)
			}
		})
	}
}

// TestNamesOfChanges: no arm executes a change set that another arm could have made.
func TestNamesOfChanges(t *testing.T) {
	names := map[string]string{}
	for _, p := range of(aws.Name) {
		if p.ID != "aws.cloudformation.create-change-set" && p.ID != "aws.cloudformation.execute-change-set" {
			continue
		}
		for _, arm := range []targets.Arm{targets.ArmPositive, targets.ArmNegative} {
			params := example(p)
			params.Arm = targets.Mark("sodprobe-test", arm, -1)
			fields := fieldsOf(t, p.Request(target(aws.Name).Place(targets.Production), params).Body)
			name := fields.Get("ChangeSetName")
			if other, twice := names[name]; name == "" || twice {
				t.Errorf("%s of %s is called %q, as %s", arm, p.ID, name, other)
			}
			names[name] = p.ID
		}
	}
}

func fieldsOf(t *testing.T, body []byte) url.Values {
	t.Helper()
	fields, err := url.ParseQuery(string(body))
	if err != nil {
		t.Fatal(err)
	}
	return fields
}
