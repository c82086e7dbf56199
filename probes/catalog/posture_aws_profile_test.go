package catalog_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
	"github.com/sodprobe/sodprobe/targets/lab/awslab"
)

// signedIn are the keys that somebody has after they signed in as a role.
func signedIn(t *testing.T, lab *awslab.AWS, transport *http.Transport) aws.Keys {
	t.Helper()
	id, secret := lab.Keys()
	out, err := sts.NewFromConfig(sdk.Config{
		Region: awslab.Region, BaseEndpoint: sdk.String(lab.Endpoint()), Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
		HTTPClient: &http.Client{Transport: transport},
	}).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: sdk.String(awslab.RoleARN(awslab.Developer)), RoleSessionName: sdk.String("alice")})
	if err != nil {
		t.Fatal(err)
	}
	return aws.Keys{ID: *out.Credentials.AccessKeyId, Secret: *out.Credentials.SecretAccessKey, Token: *out.Credentials.SessionToken}
}

// TestProfileAWS: with the credentials of a person's own sign-in, from which no
// right can be taken away, the unprivileged identity is the negative arm, and the
// probes come to what the table says. Of ghosts nothing is concluded: the
// simulator is asked about roles that are assumed.
func TestProfileAWS(t *testing.T) {
	rows := awsTable(t)
	for posture, permissive := range map[string]bool{"enforced": false, "permissive": true} {
		t.Run(posture, func(t *testing.T) {
			t.Parallel()
			lab := startAWS(t, permissive)
			transport := &http.Transport{}
			transport.TLSClientConfig = tlsOf(lab)
			keys := signedIn(t, lab, transport)
			target, scenario := connectAWS(t, lab, func(cfg *aws.Config, s *scenarios.Scenario) {
				own := cfg.Source.Keys
				cfg.Source.Keys = func(ctx context.Context, profile string) (aws.Keys, error) {
					if profile == "alice" {
						return keys, nil
					}
					return own(ctx, profile)
				}
				s.Identities[0].Blocks = targets.Blocks{&aws.Identity{
					Profile: "alice", Principal: fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/alice", awslab.Account, awslab.Developer),
				}}
			})
			got := execute(t, scenario, target, aws.Classify, aws.Oracle())
			if changed := lab.Snapshot(); len(changed) > 0 {
				t.Errorf("something took effect: %v", changed)
			}
			for _, p := range of(aws.Name) {
				want := rows[p.ID][posture]
				switch {
				case p.ID == "aws.iam.pass-role" && !permissive:
					want = "arms-missing" // whoever has no right at all is refused before it is asked who may pass the role
				}
				if o := got[p.ID]; comesTo(o) != want {
					t.Errorf("%s: %s, want %s: %+v %v", p.ID, comesTo(o), want, o.Response, o.Missing)
				}
			}
		})
	}
}
