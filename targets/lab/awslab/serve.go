package awslab

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// call is one request, understood.
type call struct {
	*AWS
	operation string // SERVICE:OPERATION
	protocol  string
	as        *session // nil for nobody
	in        map[string]any
	id        string // of the request
}

// of is a field of the input as text.
func (c call) of(name string) string {
	if n, ok := c.in[name].(float64); ok {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	s, _ := c.in[name].(string)
	return s
}

// on fills names of fields into an ARN.
func (c call) on(template string) string {
	for name, v := range c.in {
		if s, ok := v.(string); ok {
			template = strings.ReplaceAll(template, "{"+name+"}", s)
		}
	}
	return template
}

// serve answers one request, in AWS's order: who asks, whether they may, and
// only then whether it makes sense.
func (a *AWS) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // nobody waits for it
	}
	c := a.understand(r, body)
	c.id = a.requestID()
	a.heard(c)
	if a.faulty(w, c) {
		return
	}
	if c.operation == "sts:AssumeRoleWithWebIdentity" {
		send(w, c, a.byToken(c))
		return
	}
	if c.as == nil || c.as.token != r.Header.Get("X-Amz-Security-Token") {
		send(w, c, unknownKeys(c))
		return
	}
	send(w, c, a.answer(c))
}

func (a *AWS) requestID() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.random()
}

// answer decides and carries out.
func (a *AWS) answer(c call) reply {
	if c.operation == "sts:GetCallerIdentity" { // needs no right
		return ok(`<Arn>` + c.as.arn + `</Arn><UserId>AROALAB:` + c.as.id + `</UserId><Account>` + Account + `</Account>`)
	}
	op, known := operations()[c.operation]
	if !known {
		return fail(400, "InvalidAction", "The lab does not know "+c.operation)
	}
	for _, need := range op.needs {
		action, resource := need.action, c.on(need.resource)
		if strings.Contains(resource, "{") {
			continue // what was not asked for needs no right
		}
		of := c.keysOf(c.as, action, resource)
		v := a.decide(c.as, action, resource, of)
		if action == "sts:AssumeRole" && v.allowed && !a.roles[name(resource)].letsIn(c.as.role, action, of) {
			v = verdict{kind: "resource-based policy"}
		}
		a.logged(c, v)
		if !v.allowed {
			return refusal(c, action, resource, v)
		}
	}
	return op.do(c)
}

// name is the last part of an ARN.
func name(arn string) string { return arn[strings.LastIndexAny(arn, "/:")+1:] }

// understand reads a request in its protocol.
func (a *AWS) understand(r *http.Request, body []byte) call {
	c := call{AWS: a, in: map[string]any{}}
	id, service := credential(r)
	a.mu.Lock()
	c.as = a.sessions[id]
	a.mu.Unlock()
	switch kind := r.Header.Get("Content-Type"); {
	case kind == "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return c
		}
		for k := range values {
			c.in[k] = values.Get(k)
		}
		c.protocol = "awsQuery"
		if service == "ec2" {
			c.protocol = "ec2query"
		}
		if service == "" {
			service = "sts"
		}
		c.operation = service + ":" + values.Get("Action")
	case strings.HasPrefix(kind, "application/x-amz-json"):
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		c.protocol, c.operation = "awsJson", service+":"+operation
		_ = json.Unmarshal(body, &c.in) // then it has no fields
		for field, v := range c.in {
			inner, _ := v.(map[string]any)
			for name, v := range inner {
				c.in[field+"."+name] = v
			}
		}
	default:
		c.route(r, service, body)
	}
	return c
}

// credential is the access key id and the service of a signature.
func credential(r *http.Request) (id, service string) {
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	parts := strings.Split(strings.SplitN(rest, ",", 2)[0], "/")
	if len(parts) != 5 {
		return "", ""
	}
	return parts[0], parts[3]
}

// route reads a REST protocol.
func (c *call) route(r *http.Request, service string, body []byte) {
	c.protocol = "rest-json"
	if service == "s3" {
		c.protocol = "rest-xml"
	}
	for _, p := range []struct{ operation, method, path, query string }{
		{"lambda:UpdateFunctionCode", "PUT", `^/2015-03-31/functions/(?P<FunctionName>[^/]+)/code$`, ""},
		{"lambda:UpdateFunctionConfiguration", "PUT", `^/2015-03-31/functions/(?P<FunctionName>[^/]+)/configuration$`, ""},
		{"lambda:GetFunctionConfiguration", "GET", `^/2015-03-31/functions/(?P<FunctionName>[^/]+)/configuration$`, ""},
		{"eks:CreateAccessEntry", "POST", `^/clusters/(?P<cluster>[^/]+)/access-entries$`, ""},
		{"eks:ListAccessEntries", "GET", `^/clusters/(?P<cluster>[^/]+)/access-entries$`, ""},
		{"eks:DescribeCluster", "GET", `^/clusters/(?P<cluster>[^/]+)$`, ""},
		{"iam:GetRequestAuthorizationDetails", "GET", `^/authorization-details/(?P<authorizationId>[0-9a-z]+)$`, ""},
		{"s3:PutBucketPolicy", "PUT", `^/(?P<Bucket>[^/]+)$`, "policy="},
		{"s3:GetBucketPolicy", "GET", `^/(?P<Bucket>[^/]+)$`, "policy="},
		{"s3:HeadBucket", "HEAD", `^/(?P<Bucket>[^/]+)$`, ""},
		{"s3:PutObject", "PUT", `^/(?P<Bucket>[^/]+)/(?P<Key>.+)$`, ""},
		{"s3:HeadObject", "HEAD", `^/(?P<Bucket>[^/]+)/(?P<Key>.+)$`, ""},
	} {
		form := regexp.MustCompile(p.path)
		found := form.FindStringSubmatch(r.URL.Path)
		if r.Method != p.method || r.URL.RawQuery != p.query || found == nil || !strings.HasPrefix(p.operation, service+":") {
			continue
		}
		c.operation = p.operation
		_ = json.Unmarshal(body, &c.in) // S3's bodies are not JSON
		for i, name := range form.SubexpNames() {
			if name != "" {
				c.in[name] = found[i]
			}
		}
		c.in["If-Match"], c.in["Content-Md5"], c.in["body"] = r.Header.Get("If-Match"), r.Header.Get("Content-Md5"), string(body)
	}
}

func (a *AWS) heard(c call) {
	who := "nobody"
	if c.as != nil {
		who = c.as.arn
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = append(a.requests, c.operation+" "+who)
}
