package aws

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// operation is what a request asks a service to do.
type operation struct {
	// name is SERVICE:OPERATION, as in iam:PutRolePolicy.
	name string
	// fields are its inputs: of a form by their keys, of JSON by their paths
	// with dots between, everything as text.
	fields map[string]string
}

// operationOf reads a request as the service would, from its own bytes.
func operationOf(r *http.Request, body []byte) (operation, error) {
	switch kind := r.Header.Get("Content-Type"); {
	case kind == "application/x-www-form-urlencoded":
		return inForm(body)
	case strings.HasPrefix(kind, "application/x-amz-json-1."):
		return inTarget(r.Header.Get("X-Amz-Target"), body)
	default:
		return inPath(r, body)
	}
}

// inForm reads a query protocol, whose services tell themselves apart by the
// version of their interface.
func inForm(body []byte) (operation, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return operation{}, fmt.Errorf("the form cannot be read: %w", err)
	}
	service := map[string]string{
		"2010-05-08": "iam", "2011-06-15": "sts", "2016-11-15": "ec2", "2010-05-15": "cloudformation",
	}[values.Get("Version")]
	o := operation{name: service + ":" + values.Get("Action"), fields: map[string]string{}}
	for k := range values {
		o.fields[k] = values.Get(k)
	}
	return o, nil
}

// inTarget reads a JSON protocol, whose header names the operation.
func inTarget(target string, body []byte) (operation, error) {
	prefix, name, ok := strings.Cut(target, ".")
	service := map[string]string{
		"AWSOrganizationsV20161128": "organizations", "AmazonEC2ContainerRegistry_V20150921": "ecr", "AmazonEC2ContainerServiceV20141113": "ecs",
		"AmazonSSM": "ssm", "CloudTrail_20131101": "cloudtrail", "CodeBuild_20161006": "codebuild", "CodeDeploy_20141006": "codedeploy",
		"CodePipeline_20150709": "codepipeline", "TrentService": "kms",
	}[prefix]
	if !ok || service == "" {
		return operation{}, fmt.Errorf("the target %q is not known", target)
	}
	fields, err := flat(body)
	return operation{service + ":" + name, fields}, err
}

// inPath reads a REST protocol.
func inPath(r *http.Request, body []byte) (operation, error) {
	for _, route := range []struct{ method, path, query, name string }{
		{http.MethodPut, `^/2015-03-31/functions/[^/]+/code$`, "", "lambda:UpdateFunctionCode"},
		{http.MethodPut, `^/2015-03-31/functions/[^/]+/configuration$`, "", "lambda:UpdateFunctionConfiguration"},
		{http.MethodGet, `^/2015-03-31/functions/[^/]+/configuration$`, "", "lambda:GetFunctionConfiguration"},
		{http.MethodPost, `^/clusters/[^/]+/access-entries$`, "", "eks:CreateAccessEntry"},
		{http.MethodGet, `^/clusters/[^/]+/access-entries$`, "", "eks:ListAccessEntries"},
		{http.MethodGet, `^/clusters/[^/]+$`, "", "eks:DescribeCluster"},
		{http.MethodGet, `^/authorization-details/[0-9a-z]+$`, "", recordOperation},
		{http.MethodPut, `^/[^/]+$`, "policy=", "s3:PutBucketPolicy"},
		{http.MethodGet, `^/[^/]+$`, "policy=", "s3:GetBucketPolicy"},
		{http.MethodHead, `^/[^/]+$`, "", "s3:HeadBucket"},
		{http.MethodPut, `^/[^/]+/.+$`, "", "s3:PutObject"},
		{http.MethodHead, `^/[^/]+/.+$`, "", "s3:HeadObject"},
	} {
		if r.Method != route.method || r.URL.RawQuery != route.query || !regexp.MustCompile(route.path).MatchString(r.URL.Path) {
			continue
		}
		fields := map[string]string{"body": string(body), "If-Match": r.Header.Get("If-Match"), "Content-Md5": r.Header.Get("Content-Md5")}
		if r.Header.Get("Content-Type") == "application/json" {
			var err error
			if fields, err = flat(body); err != nil {
				return operation{}, err
			}
		}
		return operation{route.name, fields}, nil
	}
	return operation{}, fmt.Errorf("%s %s is no operation that is known", r.Method, r.URL.RequestURI())
}

// flat reads a JSON object as texts by their paths.
func flat(body []byte) (map[string]string, error) {
	var v map[string]any
	if len(body) > 0 {
		if err := json.Unmarshal(body, &v); err != nil {
			return nil, fmt.Errorf("the body cannot be read: %w", err)
		}
	}
	out := map[string]string{}
	flatten(out, "", v)
	return out, nil
}

func flatten(out map[string]string, at string, v any) {
	if in, ok := v.(map[string]any); ok && (at == "" || len(in) > 0) {
		for k, v := range in {
			flatten(out, strings.TrimPrefix(at+"."+k, "."), v)
		}
		return
	}
	if s, ok := v.(string); ok {
		out[at] = s
		return
	}
	b, err := json.Marshal(v)
	if err != nil {
		return
	}
	out[at] = string(b)
}
