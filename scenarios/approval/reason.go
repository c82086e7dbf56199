package approval

import (
	"fmt"
	"strings"
)

// Code names a reason to refuse. The list is closed.
type Code string

// The codes.
const (
	NoSignature      Code = "no-signature"
	BadSignature     Code = "bad-signature"
	MalformedSig     Code = "malformed-signature"
	WrongNamespace   Code = "wrong-namespace"
	UnknownSigner    Code = "unknown-signer"
	UnsupportedKey   Code = "unsupported-key-type"
	RevokedKey       Code = "revoked-key"
	KeyNotValid      Code = "key-not-valid-then"
	KeyOfTwo         Code = "key-of-two-persons"
	RoleNotAllowed   Code = "role-not-allowed"
	BelowThreshold   Code = "below-threshold"
	NoAuthor         Code = "no-author"
	AuthorApproves   Code = "author-is-approver"
	OperatorApproves Code = "operator-is-approver"
	OperatorIsAuthor Code = "operator-is-author"
	SubjectSigns     Code = "subject-is-signer"
	OutsideWindow    Code = "outside-window"
	WindowTooLong    Code = "window-too-long"
	TicketForm       Code = "ticket-form"
	Withdrawn        Code = "withdrawn"
	TrustUnsigned    Code = "trust-unsigned"
	TrustExpired     Code = "trust-expired"
	TrustMalformed   Code = "trust-malformed"
)

// Reason is one thing in the way of an approval.
type Reason struct {
	Code   Code
	Detail string
	Mend   string // what somebody can do
}

// Refusal is every reason why there is no valid approval.
type Refusal struct{ Reasons []Reason }

// Error lists all reasons.
func (r *Refusal) Error() string {
	var b strings.Builder
	b.WriteString("not approved:")
	for _, x := range r.Reasons {
		fmt.Fprintf(&b, "\n  %s: %s", x.Code, x.Detail)
		if x.Mend != "" {
			b.WriteString("\n    to mend it: " + x.Mend)
		}
	}
	return b.String()
}

func refuse(code Code, mend, format string, args ...any) *Refusal {
	return &Refusal{[]Reason{{code, fmt.Sprintf(format, args...), mend}}}
}
