package aws

import (
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/aws"
)

// standing is the baseline of probes that have no allowed place: a write to
// the object that the developers may write, under a condition that no object
// meets, and with a digest that is not its own. It shows that the role is one that AWS lets work.
func standing() probes.Baseline {
	return probes.Baseline{Standing: &probes.Standing{
		ID:      "aws.s3.put-object",
		Allow:   []targets.Rule{conditionalPut("/{allowed_bucket}/{allowed_key}")},
		Reached: []string{"code:PreconditionFailed", "code:BadDigest"},
		State: func(place targets.Place, params probes.Params) []targets.StateQuery {
			in := inputOf(place, params)
			return []targets.StateQuery{theObject(in, in.of("{allowed_bucket}"), in.of("{allowed_key}"))}
		},
		Request: func(place targets.Place, params probes.Params) targets.Request {
			in := inputOf(place, params)
			return put(in, *in.of("{allowed_bucket}"), *in.of("{allowed_key}"))
		},
	}}
}

// conditionalPut is the rule of a write that no object meets the condition of.
func conditionalPut(path string) targets.Rule {
	return targets.Rule{
		Service:  "s3",
		Method:   "PUT",
		Path:     path,
		Header:   map[string]string{"If-Match": aws.NoETag, "Content-Md5": aws.NoDigest},
		Text:     aws.Anything,
		Mutating: true,
		Keep:     []string{},
	}
}

// put is that write.
func put(in input, bucket, key string) targets.Request {
	r := aws.Wire("s3", in.Scope, putCall(bucket, key))
	r.Action, r.Resource, r.Scope, r.Dependents = "s3:PutObject", "arn:"+in.Values["partition"]+":s3:::"+bucket+"/"+key, in.Scope, putNeeds()
	return r
}

func putCall(bucket, key string) call {
	return sends(s3.NewFromConfig, (*s3.Client).PutObject, &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, IfMatch: sdk.String(aws.NoETag), ContentMD5: sdk.String(aws.NoDigest), Body: strings.NewReader(aws.Anything),
	}, pathStyle)
}

// putNeeds are what a conditional write to an encrypted bucket needs.
func putNeeds() []string { return []string{"s3:GetObject", "kms:GenerateDataKey", "kms:Decrypt"} }

// pathStyle puts the bucket into the path, where the guard sees it.
func pathStyle(o *s3.Options) { o.UsePathStyle = true }
