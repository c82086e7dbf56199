package aws

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// Classify implements targets.Classifier for AWS's answers. The code decides,
// not the HTTP status; a denial counts only where its words name the proven
// principal, the very action, and the resource where they name one.
func Classify(c targets.Case) targets.Response {
	x := c.Exchange
	switch {
	case x.Refused != "":
		return respond(targets.HarnessDenied, "our own guard refused to send: "+x.Refused)
	case x.Unfit != "":
		return respond(targets.Unsupported, x.Unfit)
	case x.TransportError != "":
		return respond(targets.Unreachable, x.TransportError)
	case x.Status == 0:
		return respond(targets.Unknown, "no answer was recorded")
	case x.Truncated || x.Cut > 0:
		return respond(targets.Unknown, "the answer is not whole")
	case x.Status/100 == 3:
		return respond(targets.Unreachable, fmt.Sprintf("HTTP %d: a redirect, which is not followed", x.Status))
	case x.Status/100 == 2:
		return success(c)
	}
	if problem := unproven(c); problem != "" {
		return respond(targets.Unauthenticated, problem)
	}
	f, ok := envelope(x)
	if !ok {
		return foreign(x)
	}
	return judge(c, f)
}

func respond(class targets.Class, reason string) targets.Response {
	return targets.Response{Class: class, Reason: reason}
}

// unproven says why the bracket of a recorded session does not hold. An
// exchange without one was recorded by somebody else.
func unproven(c targets.Case) string {
	for _, x := range append(slices.Clone(c.Exchange.Steps), c.Exchange.After...) {
		if x.Sent == nil || !strings.Contains(x.Sent.Body, "Action=GetCallerIdentity&") {
			continue
		}
		if x.Status != http.StatusOK || x.Truncated || !strings.Contains(x.Body, `"`+c.Subject+`"`) {
			return "the session was not shown to be " + c.Subject + " before and after"
		}
	}
	return ""
}

// success judges a 2xx answer: what an authorized caller gets, or something
// that took effect.
func success(c targets.Case) targets.Response {
	x := c.Exchange
	switch {
	case !accepted(x):
		return foreign(x)
	case unproven(c) != "" && marked(c.Reached, x.Status, failure{}):
		return respond(targets.Unauthenticated, unproven(c))
	case marked(c.Reached, x.Status, failure{}):
		return respond(targets.Reached, fmt.Sprintf("HTTP %d, which an authorized caller gets", x.Status))
	default:
		return respond(targets.Mutated, fmt.Sprintf("HTTP %d: the request was carried out", x.Status))
	}
}

// foreign judges an answer that is not in AWS's own form.
func foreign(x targets.Exchange) targets.Response {
	switch {
	case x.Status == http.StatusTooManyRequests:
		return respond(targets.Throttled, "HTTP 429, not in AWS's own form")
	case x.Status >= http.StatusInternalServerError:
		return respond(targets.ServerError, fmt.Sprintf("HTTP %d, not in AWS's own form", x.Status))
	case contentType(x) == "" && x.Body == "":
		return respond(targets.Unknown, fmt.Sprintf("HTTP %d without a body", x.Status))
	case untyped(x):
		return respond(targets.Unknown, fmt.Sprintf("HTTP %d, with a message and no type of error: %s", x.Status, x.Body))
	default:
		return respond(targets.Unreachable, fmt.Sprintf("HTTP %d, not in AWS's own form: somebody else answered", x.Status))
	}
}

// marked reports whether an answer bears a marker of those who may.
func marked(reached []string, status int, f failure) bool {
	return slices.ContainsFunc(reached, func(marker string) bool {
		kind, value, _ := strings.Cut(marker, ":")
		switch kind {
		case "status":
			return value == strconv.Itoa(status)
		case "code":
			return f.code != "" && value == f.code
		case "text":
			return value != "" && strings.Contains(f.message, value)
		default:
			return false
		}
	})
}

// judge judges an error in AWS's own form.
func judge(c targets.Case, f failure) targets.Response {
	said := f.code + ": " + f.message
	d, sentence := parseDenial(f.message)
	switch {
	case c.Action == webIdentity && f.code == "AccessDenied" && f.protocol == awsQuery && f.message == webIdentityDenied:
		return ofTrust(c)
	case denies(f):
		if !sentence {
			return bare(f, said)
		}
		return refused(c, d)
	case sentence: // a service that was itself refused something, in an error of its own
		return respond(targets.DependencyDenied, said)
	case c.Exchange.Status < http.StatusInternalServerError && marked(c.Reached, c.Exchange.Status, f):
		return respond(targets.Reached, "what an authorized caller gets: "+said)
	}
	for _, list := range codes() {
		if slices.Contains(list.codes, f.code) {
			return respond(list.class, said)
		}
	}
	switch {
	case c.Exchange.Status == http.StatusTooManyRequests || strings.Contains(f.code, "Throttl"):
		return respond(targets.Throttled, said)
	case c.Exchange.Status >= http.StatusInternalServerError:
		return respond(targets.ServerError, said)
	case strings.Contains(f.code, "NotFound") || strings.HasPrefix(f.code, "NoSuch"):
		return respond(targets.TargetMissing, said)
	case strings.HasPrefix(f.code, "Invalid") || strings.HasPrefix(f.code, "Validation") || strings.HasPrefix(f.code, "Malformed"):
		return respond(targets.Invalid, said)
	}
	return respond(targets.Unknown, said)
}

// bare judges a refusal without the sentence. Of some the words say that the
// request was not one that anybody would be let through with ("Troubleshoot access
// denied (403 Forbidden) errors in Amazon S3", S3 user guide; "Error responses",
// S3 API reference).
func bare(f failure, said string) targets.Response {
	switch {
	case strings.Contains(f.message, "Request has expired"), strings.Contains(f.message, "request time and the current time is too large"),
		strings.Contains(f.message, "requires a valid Date or x-amz-date header"):
		return respond(targets.Unauthenticated, said)
	case strings.Contains(f.message, "headers present in the request which were not signed"):
		return respond(targets.Invalid, said)
	}
	return targets.Response{
		Class: targets.Unknown, Reason: "a refusal that names neither who nor what: " + said,
		Advice: "CloudTrail has the request under its id, with the reason where AWS gives one",
	}
}

// denies reports whether an error is the refusal of its protocol.
func denies(f failure) bool {
	switch f.protocol {
	case ec2Query:
		return f.code == "UnauthorizedOperation"
	case awsQuery: // the second is SNS's
		return f.code == "AccessDenied" || f.code == "AuthorizationError"
	case restXML:
		return f.code == "AccessDenied"
	case jsonRPC, restJSON:
		return f.code == "AccessDeniedException"
	}
	return false
}

// refused judges a denial by whom and what it names.
func refused(c targets.Case, d denial) targets.Response {
	said := fmt.Sprintf("%s was refused %s", d.principal, d.action)
	if d.resource != "" {
		said += " on " + d.resource
	}
	switch {
	case d.layer != targets.Unspecified:
		said += fmt.Sprintf(", %s, by %s", d.how(), d.layer)
	default:
		said += "; which policy refused is not told"
	}
	if d.record != "" {
		said += "; AWS's record of it is " + d.record
	}
	switch {
	case c.Harness != "" && d.principal == c.Harness && d.principal != c.Subject:
		return respond(targets.HarnessDenied, "our own principal: "+said)
	case d.principal != c.Subject || c.Subject == "":
		return respond(targets.Unknown, "not the subject: "+said)
	case !strings.EqualFold(d.action, c.Action) || d.ungranted != "" && !strings.EqualFold(d.ungranted, c.Action):
		return respond(targets.DependencyDenied, "another action: "+said)
	case !d.about(c.Resource):
		return respond(targets.Unknown, "another resource: "+said)
	case d.unclear != "":
		return targets.Response{
			Class: targets.Unknown, Reason: said + "; why is not known: " + d.unclear,
			Advice: "AWS gives a reason that is on no list of decisions: CloudTrail has the request under its id",
		}
	}
	got := targets.Response{Class: targets.Denied, Layer: d.layer, By: d.policy, Deny: d.how(), Reason: said}
	if d.layer == targets.SessionPolicy {
		got.Class = targets.HarnessDenied // the policy of a session is ours
	}
	return got
}

// A refused web identity is nobody's yet, so that the words name no principal:
// the trust policy of the role decides, which is a policy of a resource.
const (
	webIdentity       = "sts:AssumeRoleWithWebIdentity"
	webIdentityDenied = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
)

func ofTrust(c targets.Case) targets.Response {
	if c.Subject == "" {
		return respond(targets.Unknown, "a refusal of nobody: "+webIdentityDenied)
	}
	return targets.Response{Class: targets.Denied, Layer: targets.ResourcePolicy, Reason: webIdentityDenied}
}
