package aws

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/document"
)

// protocol is one of the forms in which services of AWS answer.
type protocol string

// The protocols.
const (
	ec2Query protocol = "ec2query" // <Response><Errors><Error>
	awsQuery protocol = "awsQuery" // <ErrorResponse><Error>
	restXML  protocol = "rest-xml" // <Error>
	jsonRPC  protocol = "awsJson"  // __type in the body
	restJSON protocol = "rest-json"
)

// failure is an answer in AWS's own form.
type failure struct {
	protocol protocol
	code     string
	message  string
}

// header looks a header up whatever its case.
func header(x targets.Exchange, name string) string {
	for k, v := range x.Headers {
		if http.CanonicalHeaderKey(k) == name {
			return v
		}
	}
	return ""
}

func contentType(x targets.Exchange) string {
	kind, _, err := mime.ParseMediaType(header(x, "Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// envelope decodes an error in one of the protocols, which its own form tells.
// A page of a proxy is in none of them.
func envelope(x targets.Exchange) (failure, bool) {
	switch kind := contentType(x); {
	case kind == "text/xml" || kind == "application/xml":
		return inXML(x.Body)
	case kind == "application/json" || strings.HasPrefix(kind, "application/x-amz-json-1."):
		return inJSON(x)
	case kind == "" && strings.HasPrefix(strings.TrimSpace(x.Body), "<"):
		return inXML(x.Body)
	case kind == "":
		return inJSON(x)
	}
	return failure{}, false
}

func inXML(body string) (failure, bool) {
	root, v, err := document.XML([]byte(body))
	if err != nil {
		return failure{}, false
	}
	f, at := failure{}, ""
	switch root {
	case "Response":
		f.protocol, at = ec2Query, "/Errors/Error"
	case "ErrorResponse":
		f.protocol, at = awsQuery, "/Error"
	case "Error":
		f.protocol = restXML
	default:
		return failure{}, false
	}
	f.code, f.message = text(v, at+"/Code"), text(v, at+"/Message")
	return f, f.code != ""
}

func inJSON(x targets.Exchange) (failure, bool) {
	var body map[string]any
	if json.Unmarshal([]byte(x.Body), &body) != nil {
		return failure{}, false
	}
	f := failure{protocol: jsonRPC}
	kind, _ := body["__type"].(string)
	named := header(x, "X-Amzn-Errortype")
	if kind == "" || contentType(x) == "application/json" {
		f.protocol = restJSON
	}
	f.code = unqualified(kind)
	if named != "" {
		if f.code != "" && f.code != unqualified(named) {
			return failure{}, false // two names of one error: not a form that is known
		}
		f.code = unqualified(named)
	}
	for _, name := range []string{"message", "Message"} {
		if text, ok := body[name].(string); ok {
			f.message = text
		}
	}
	return f, f.code != ""
}

// untyped reports whether an answer is a JSON object with a message and without
// the name of an error: some front ends of services answer so, and so do gateways
// that are not AWS's.
func untyped(x targets.Exchange) bool {
	var body map[string]any
	if kind := contentType(x); kind != "application/json" && !strings.HasPrefix(kind, "application/x-amz-json-1.") {
		return false
	}
	if json.Unmarshal([]byte(x.Body), &body) != nil || body["__type"] != nil || header(x, "X-Amzn-Errortype") != "" {
		return false
	}
	return body["message"] != nil || body["Message"] != nil
}

// unqualified takes the namespace before an error's name and the address behind it
// away.
func unqualified(name string) string {
	name, _, _ = strings.Cut(name, ":")
	return name[strings.LastIndex(name, "#")+1:]
}

// accepted reports whether a 2xx answer is one of AWS's own.
func accepted(x targets.Exchange) bool {
	switch kind := contentType(x); {
	case kind == "text/xml", kind == "application/xml", kind == "application/json", strings.HasPrefix(kind, "application/x-amz-json-1."):
		return true
	default:
		return kind == "" && (header(x, "X-Amz-Request-Id") != "" || header(x, "X-Amzn-Requestid") != "")
	}
}
