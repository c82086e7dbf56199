package awslab_test

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"net/http"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/sodprobe/sodprobe/targets/lab/awslab"
)

func start(t *testing.T) (*awslab.AWS, sdk.Config) {
	t.Helper()
	lab, err := awslab.Start(t.Context(), awslab.Config{Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lab.Close() })
	id, secret := lab.Keys()
	endpoint := lab.Endpoint()
	return lab, sdk.Config{
		Region: awslab.Region, BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
		Retryer:    func() sdk.Retryer { return sdk.NopRetryer{} },
		HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: lab.Roots(), MinVersion: tls.VersionTLS12}}},
	}
}

// as is the SDK's configuration in a session of a role.
func as(t *testing.T, cfg sdk.Config, role string) (sdk.Config, string) {
	t.Helper()
	out, err := sts.NewFromConfig(cfg).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: sdk.String(awslab.RoleARN(role)), RoleSessionName: sdk.String("s"), SourceIdentity: sdk.String("s"),
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Credentials = credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	return cfg, *out.Credentials.AccessKeyId
}

// TestSDK: the SDK's own clients understand the lab, in each protocol; what
// they would be allowed takes effect and is seen.
func TestSDK(t *testing.T) {
	lab, cfg := start(t)
	release, _ := as(t, cfg, awslab.Release)
	developer, _ := as(t, cfg, awslab.Developer)
	ctx := t.Context()
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	put := &iam.PutRolePolicyInput{RoleName: sdk.String(awslab.Reader), PolicyName: sdk.String("p"), PolicyDocument: &policy}
	update := &ecs.UpdateServiceInput{Cluster: sdk.String("prod"), Service: sdk.String("payments"), TaskDefinition: sdk.String("payments:8")}
	var refused smithy.APIError
	if _, err := iam.NewFromConfig(developer).PutRolePolicy(ctx, put); !errors.As(err, &refused) || refused.ErrorCode() != "AccessDenied" {
		t.Errorf("IAM: %v", err)
	}
	if _, err := ecs.NewFromConfig(developer).UpdateService(ctx, update); !errors.As(err, &refused) || refused.ErrorCode() != "AccessDeniedException" {
		t.Errorf("ECS: %v", err)
	}
	_, err := s3.NewFromConfig(developer, func(o *s3.Options) { o.UsePathStyle = true }).HeadObject(ctx, &s3.HeadObjectInput{Bucket: sdk.String("prod"), Key: sdk.String("k")})
	if err == nil {
		t.Error("S3: a developer reads production")
	}
	if n := len(lab.Snapshot()); n != 0 {
		t.Errorf("what was refused took effect: %v", lab.Snapshot())
	}
	if _, err := iam.NewFromConfig(release).PutRolePolicy(ctx, put); err != nil {
		t.Errorf("IAM: %v", err)
	}
	if _, err := ecs.NewFromConfig(release).UpdateService(ctx, update); err != nil {
		t.Errorf("ECS: %v", err)
	}
	if n := len(lab.Snapshot()); n != 2 {
		t.Errorf("%d changes: %v", n, lab.Snapshot())
	}
}

// TestLookupEvents: the event history finds a session's calls by its key.
func TestLookupEvents(t *testing.T) {
	_, cfg := start(t)
	developer, key := as(t, cfg, awslab.Developer)
	reader, _ := as(t, cfg, awslab.Reader)
	_, err := iam.NewFromConfig(developer).CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: sdk.String("alice")})
	if err == nil {
		t.Fatal("a developer makes keys")
	}
	for want, key := range map[int]string{1: key, 0: "ASIANOBODY"} {
		out, err := cloudtrail.NewFromConfig(reader).LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{
			LookupAttributes: []trailtypes.LookupAttribute{{AttributeKey: trailtypes.LookupAttributeKeyAccessKeyId, AttributeValue: &key}},
		})
		if err != nil || len(out.Events) != want {
			t.Fatalf("%d events, want %d: %v", len(out.Events), want, err)
		}
	}
}
