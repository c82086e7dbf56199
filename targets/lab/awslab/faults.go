package awslab

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Fault is something that goes wrong in answering an attempt.
type Fault string

// The faults.
const (
	FaultNone       Fault = ""
	FaultExpired    Fault = "expired token"
	FaultThrottled  Fault = "throttled"
	FaultSignature  Fault = "signature does not match"
	FaultProxy      Fault = "a proxy's 403"
	FaultKMS        Fault = "the key is denied"
	FaultSession    Fault = "the session policy denies"
	FaultMalformed  Fault = "malformed answer"
	FaultBare       Fault = "a refusal without words"
	FaultOther      Fault = "a refusal of somebody else"
	FaultInternal   Fault = "internal error"
	FaultValidation Fault = "validation before authorization"
)

// Faults lists them.
func Faults() []Fault {
	return []Fault{
		FaultExpired, FaultThrottled, FaultSignature, FaultProxy, FaultKMS, FaultSession, FaultMalformed, FaultBare, FaultOther,
		FaultInternal, FaultValidation,
	}
}

// SetFault makes every attempt end in a fault.
func (a *AWS) SetFault(f Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fault = f
}

// Ignore makes the account a look-alike that leaves out one check of every write,
// counted from 1; 0 for none.
func (a *AWS) Ignore(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ignored = n
}

// leavesOut reports whether a check is the one that is left out.
func (c call) leavesOut(i int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ignored == i+1
}

// attempted reports whether a call is an attempt: neither a read nor the
// prober's own way into a role.
func attempted(c call) bool {
	op, known := operations()[c.operation]
	switch c.operation {
	case "sts:AssumeRole":
		return c.as != nil && c.as.role != prober
	case "sts:AssumeRoleWithWebIdentity":
		return name(c.of("RoleArn")) == prod
	default:
		return known && !op.reads
	}
}

// faulty answers in the way of the fault.
func (a *AWS) faulty(w http.ResponseWriter, c call) bool {
	a.mu.Lock()
	fault := a.fault
	a.mu.Unlock()
	if fault == FaultNone || !attempted(c) {
		return false
	}
	if fault == FaultProxy {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("<html><body>Access Denied by policy</body></html>"))
		return true
	}
	if fault == FaultMalformed {
		w.Header().Set("Content-Type", contentType(c, map[bool]string{true: "<", false: "{"}[!strings.Contains(c.protocol, "son")]))
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("<Response><Errors><Error><Code>UnauthorizedOperation</Code>"))
		return true
	}
	send(w, c, faultReply(fault, c))
	return true
}

// faultReply is a fault in each service's own words.
func faultReply(fault Fault, c call) reply {
	form := slices.Index([]string{"ec2query", "awsQuery", "rest-xml", "awsJson", "rest-json"}, c.protocol)
	in := func(status [5]int, code [5]string, message string) reply {
		return fail(status[form], code[form], message)
	}
	refused := [5]string{"UnauthorizedOperation", "AccessDenied", "AccessDenied", "AccessDeniedException", "AccessDeniedException"}
	forbidden := [5]int{403, 403, 403, 400, 403}
	action := "sts:AssumeRoleWithWebIdentity"
	who := "arn:aws:sts::" + Account + ":assumed-role/Somebody/else"
	if op := operations()[c.operation]; len(op.needs) > 0 && c.as != nil {
		action, who = op.needs[len(op.needs)-1].action, c.as.arn
	}
	switch fault {
	case FaultExpired:
		return in(
			[5]int{400, 403, 400, 400, 403},
			[5]string{"RequestExpired", "ExpiredToken", "ExpiredToken", "ExpiredTokenException", "ExpiredTokenException"},
			"The security token included in the request is expired",
		)
	case FaultThrottled:
		return in(
			[5]int{503, 400, 503, 400, 429},
			[5]string{"RequestLimitExceeded", "Throttling", "SlowDown", "ThrottlingException", "TooManyRequestsException"},
			"Rate exceeded",
		)
	case FaultSignature:
		return in(
			[5]int{401, 403, 403, 400, 403},
			[5]string{"AuthFailure", "SignatureDoesNotMatch", "SignatureDoesNotMatch", "InvalidSignatureException", "InvalidSignatureException"},
			"The request signature we calculated does not match the signature you provided.",
		)
	case FaultKMS:
		return in(
			forbidden,
			refused,
			fmt.Sprintf(
				"User: %s is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:eu-west-1:%s:key/1 because no session policy allows the kms:GenerateDataKey action",
				who,
				Account,
			),
		)
	case FaultSession:
		return in(
			forbidden,
			refused,
			fmt.Sprintf("User: %s is not authorized to perform: %s because no session policy allows the %s action", who, action, action),
		)
	case FaultBare:
		return in(forbidden, refused, "Access Denied")
	case FaultOther:
		return in(
			forbidden,
			refused,
			fmt.Sprintf(
				"User: arn:aws:sts::%s:assumed-role/Somebody/else is not authorized to perform: %s because no identity-based policy allows the %s action",
				Account,
				action,
				action,
			),
		)
	case FaultValidation:
		return in(
			[5]int{400, 400, 400, 400, 400},
			[5]string{"InvalidParameterValue", "ValidationError", "InvalidArgument", "ValidationException", "ValidationException"},
			"1 validation error detected",
		)
	case FaultNone, FaultProxy, FaultMalformed, FaultInternal:
	}
	return in(
		[5]int{500, 500, 500, 500, 500},
		[5]string{"InternalError", "InternalFailure", "InternalError", "InternalServerError", "ServiceException"},
		"Internal error",
	)
}
