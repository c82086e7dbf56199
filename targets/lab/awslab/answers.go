package awslab

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
)

// reply is an answer before it has its protocol's form.
type reply struct {
	status  int
	code    string // of an error, "" for success
	message string
	body    string // XML inside the result, or JSON
	headers map[string]string
}

func ok(body string) reply { return reply{status: http.StatusOK, body: body} }

func fail(status int, code, message string) reply {
	return reply{status: status, code: code, message: message}
}

// send writes an answer in the call's protocol.
func send(w http.ResponseWriter, c call, r reply) {
	for k, v := range r.headers {
		w.Header().Set(k, v)
	}
	if c.protocol == "rest-xml" {
		w.Header().Set("X-Amz-Request-Id", c.id)
		w.Header().Set("X-Amz-Id-2", "lab")
	} else {
		w.Header().Set("X-Amzn-Requestid", c.id)
	}
	body := r.body
	if r.code != "" {
		body = failure(w, c, r)
	} else if c.protocol == "awsQuery" {
		operation := c.operation[strings.Index(c.operation, ":")+1:]
		body = fmt.Sprintf(
			"<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult><ResponseMetadata><RequestId>%[3]s</RequestId></ResponseMetadata></%[1]sResponse>",
			operation,
			body,
			c.id,
		)
	} else if c.protocol == "ec2query" {
		operation := c.operation[strings.Index(c.operation, ":")+1:]
		body = fmt.Sprintf("<%[1]sResponse><requestId>%[3]s</requestId>%[2]s</%[1]sResponse>", operation, body, c.id)
	}
	if kind := contentType(c, body); kind != "" {
		w.Header().Set("Content-Type", kind)
	}
	w.WriteHeader(r.status)
	_, _ = w.Write([]byte(body)) // the client has gone, then
}

func contentType(c call, body string) string {
	switch {
	case body == "":
		return ""
	case strings.HasPrefix(body, "<") && c.protocol == "rest-xml":
		return "application/xml"
	case strings.HasPrefix(body, "<"):
		return "text/xml;charset=UTF-8"
	case c.protocol == "awsJson":
		return "application/x-amz-json-1.1"
	default:
		return "application/json"
	}
}

// failure is an error in the call's protocol.
func failure(w http.ResponseWriter, c call, r reply) string {
	switch c.protocol {
	case "ec2query":
		return fmt.Sprintf(
			"<?xml version=\"1.0\"?>\n<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>%s</RequestID></Response>",
			r.code,
			escape(r.message),
			c.id,
		)
	case "awsQuery":
		return fmt.Sprintf(
			"<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>",
			r.code,
			escape(r.message),
			c.id,
		)
	case "rest-xml":
		return fmt.Sprintf(
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message><RequestId>%s</RequestId><HostId>lab</HostId></Error>",
			r.code,
			escape(r.message),
			c.id,
		)
	case "rest-json":
		w.Header().Set("X-Amzn-Errortype", r.code)
		return encode(map[string]string{"message": r.message})
	default:
		return encode(map[string]string{"__type": r.code, "message": r.message})
	}
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a builder never fails
	return b.String()
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "{}"
	}
	return string(b)
}

// refusal is a denial in the words of the service ("Troubleshoot access
// denied error messages" in the IAM user guide).
func refusal(c call, action, resource string, v verdict) reply {
	why := fmt.Sprintf("because no %s allows the %s action", v.kind, action)
	if v.explicit {
		article := "a"
		if strings.HasPrefix(v.kind, "identity") {
			article = "an"
		}
		why = "with an explicit deny in " + article + " " + v.kind
		if v.kind == "service control policy" {
			why += ": arn:aws:organizations::999988887777:policy/o-exampleorg1/service_control_policy/p-lab00000"
		}
	}
	said := fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s", c.as.arn, action, named(c, resource), why)
	said += c.recorded(action, resource, v)
	switch c.protocol {
	case "ec2query":
		return fail(
			403,
			"UnauthorizedOperation",
			"You are not authorized to perform this operation. "+said+". Encoded authorization failure message: bGFi",
		)
	case "awsQuery", "rest-xml":
		return fail(403, "AccessDenied", said)
	case "rest-json":
		return fail(403, "AccessDeniedException", said)
	default:
		return fail(400, "AccessDeniedException", said)
	}
}

// named is a resource in the words of the service.
func named(c call, resource string) string {
	kind, _, ok := strings.Cut(strings.TrimPrefix(resource, "arn:aws:iam::"+Account+":"), "/")
	switch {
	case strings.HasPrefix(c.operation, "iam:") && ok && kind == "policy":
		return "policy " + resource
	case strings.HasPrefix(c.operation, "iam:") && ok:
		return kind + " " + name(resource)
	case c.protocol == "rest-xml":
		return `"` + resource + `"`
	default:
		return resource
	}
}

func unknownKeys(c call) reply {
	switch c.protocol {
	case "ec2query":
		return fail(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
	case "awsQuery":
		return fail(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
	case "rest-xml":
		return fail(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
	case "rest-json":
		return fail(403, "UnrecognizedClientException", "The security token included in the request is invalid.")
	default:
		return fail(400, "UnrecognizedClientException", "The security token included in the request is invalid.")
	}
}
