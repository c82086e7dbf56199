package approval

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/scenarios"
	"github.com/sodprobe/sodprobe/targets"
)

// Request is what Verify decides on.
type Request struct {
	// Scenario holds the exact bytes, Parsed what they say.
	Scenario []byte
	Parsed   *scenarios.Scenario
	// Signatures are armored signatures by file name: ROLE.PRINCIPAL.sig.
	Signatures map[string][]byte
	Trust      *Trust
	// Operator is the principal who runs; "" where nobody does yet.
	Operator string
	// At is the moment that counts: the run's start.
	At time.Time
}

// Verify decides whether a scenario is approved. The error is a *Refusal with
// every reason. Each failure refuses; nothing is skipped.
func Verify(r Request) (journal.Approval, error) {
	v := &verifier{Request: r}
	v.signatures()
	v.threshold()
	v.separation()
	v.window()
	if len(v.reasons) > 0 {
		return journal.Approval{}, &Refusal{v.reasons}
	}
	a := r.Parsed.Authorization
	return journal.Approval{
		Signatures: v.good, Threshold: r.Trust.Policy.Threshold, TrustVersion: r.Trust.Policy.Version, TrustSHA256: r.Trust.Digest(),
		VerifiedAt: r.At.UTC(), NotBefore: a.NotBefore, NotAfter: a.NotAfter,
	}, nil
}

type verifier struct {
	Request
	good    []journal.Signature
	reasons []Reason
}

func (v *verifier) refuse(code Code, mend, format string, args ...any) {
	v.reasons = append(v.reasons, Reason{code, fmt.Sprintf(format, args...), mend})
}

// The roles that sign a scenario.
const (
	author  = "author"
	approve = "approve"
)

// signatures checks every file beside the scenario. One that does not hold is
// a reason, even where enough others do.
func (v *verifier) signatures() {
	for _, name := range slices.Sorted(maps.Keys(v.Signatures)) {
		role, rest, _ := strings.Cut(name, ".")
		principal, ok := strings.CutSuffix(rest, ".sig")
		if !ok || principal == "" || (role != author && role != approve) {
			v.refuse(MalformedSig, "name it author.PRINCIPAL.sig or approve.PRINCIPAL.sig", "%s is not the name of a signature", name)
			continue
		}
		key, refusal := v.Trust.check(v.Scenario, v.Signatures[name], role+"@sodprobe", principal, v.At)
		if refusal != nil {
			v.reasons = append(v.reasons, refusal.Reasons...)
			continue
		}
		person := v.Trust.Policy.Person(principal)
		may := v.Trust.Policy.Approvers
		if role == author {
			may = v.Trust.Policy.Authors
		}
		if person == "" || !slices.Contains(may, person) {
			v.refuse(RoleNotAllowed, "see trust/policy.yaml", "the policy does not let %s sign as %s", principal, role)
			continue
		}
		sum := sha256.Sum256(v.Signatures[name])
		kind, print := Names(key)
		if i := slices.IndexFunc(v.good, func(s journal.Signature) bool { return s.Fingerprint == print && s.Person != person }); i >= 0 {
			v.refuse(KeyOfTwo, "have each person sign with a key of their own", "one key, %s, signed for %s and for %s",
				print, v.good[i].Person, person)
			continue
		}
		v.good = append(v.good, journal.Signature{
			Role: role, Principal: principal, Person: person, KeyType: kind, Fingerprint: print, File: name, SHA256: hex.EncodeToString(sum[:]),
		})
	}
}

// persons are those who signed in a role, each once.
func (v *verifier) persons(role string) []string {
	var out []string
	for _, s := range v.good {
		if s.Role == role {
			out = append(out, s.Person)
		}
	}
	return unique(out)
}

// threshold counts persons, not keys and not signatures.
func (v *verifier) threshold() {
	if len(v.Signatures) == 0 {
		v.refuse(NoSignature, "sodprobe approve", "nobody has signed the scenario")
		return
	}
	if len(v.persons(author)) == 0 {
		v.refuse(NoAuthor, "sodprobe approve --role author", "no author has signed the scenario")
	}
	if got, want := len(v.persons(approve)), v.Trust.Policy.Threshold; got < want {
		v.refuse(BelowThreshold, "sodprobe approve --role approve", "%d of %d persons approved", got, want)
	}
}

// separation keeps author, approvers, operator and developers apart: by
// person, so that a second key or name makes no second person.
func (v *verifier) separation() {
	approvers, authors := v.persons(approve), v.persons(author)
	for _, p := range authors {
		if slices.Contains(approvers, p) {
			v.refuse(AuthorApproves, "have somebody else approve", "%s wrote the scenario and approved it", p)
		}
	}
	if v.Operator != "" {
		v.operator(approvers, authors)
	}
	v.subjects(approvers, authors)
}

// subjects keeps who is tested from having a say: nobody approves what they have
// a part in, and no developer under test writes or runs it. A person is compared
// by each of their principals, and by their own name, with every name that an
// identity has in any system.
func (v *verifier) subjects(approvers, authors []string) {
	for _, id := range v.Parsed.Identities {
		signers := approvers
		if id.Role == targets.Developer {
			signers = unique(slices.Concat(approvers, authors, []string{v.Trust.Policy.Person(v.Operator)}))
		}
		for _, person := range signers {
			names := append(slices.Clone(v.Trust.Policy.Persons[person]), person)
			name, ok := common(names, id.Names())
			if person != "" && ok {
				v.refuse(SubjectSigns, "leave the signature to somebody who has no part in the test",
					"%s has a part in the test as %s (%s), and signed or runs", person, id.ID, name)
			}
		}
	}
}

// common finds a name of the second list that may be somebody's of the first:
// the same but for capital letters, or for a prefix that a cluster puts before its
// users' names (--oidc-username-prefix, as in oidc:alice@corp.example or
// https://idp.corp.example#alice); or, where one of the two has no domain, the same
// before it.
func common(persons, names []string) (string, bool) {
	for _, name := range names {
		for _, part := range withoutPrefixes(name) {
			if slices.ContainsFunc(persons, func(person string) bool { return alike(person, part) }) {
				return name, true
			}
		}
	}
	return "", false
}

func alike(person, name string) bool {
	a, inA, _ := strings.Cut(person, "@")
	b, inB, _ := strings.Cut(name, "@")
	return strings.EqualFold(person, name) || (inA == "" || inB == "") && strings.EqualFold(a, b)
}

// withoutPrefixes are a name, and what stands behind each mark that may end a prefix.
func withoutPrefixes(name string) []string {
	out := []string{name}
	for i, r := range name {
		if strings.ContainsRune(`:#/\|`, r) && i+1 < len(name) {
			out = append(out, name[i+1:])
		}
	}
	return out
}

func (v *verifier) operator(approvers, authors []string) {
	person := v.Trust.Policy.Person(v.Operator)
	switch {
	case person == "" || !slices.Contains(v.Trust.Policy.Operators, person):
		v.refuse(RoleNotAllowed, "see trust/policy.yaml", "the policy does not let %s run", v.Operator)
	case slices.Contains(approvers, person):
		v.refuse(OperatorApproves, "have somebody else run it", "%s approved the scenario and runs it", person)
	case slices.Contains(authors, person):
		v.refuse(OperatorIsAuthor, "have somebody else run it", "%s wrote the scenario and runs it", person)
	}
}

// window checks the times, the ticket and the withdrawals.
func (v *verifier) window() {
	a, p := v.Parsed.Authorization, v.Trust.Policy
	if v.At.Before(a.NotBefore) || v.At.After(a.NotAfter) {
		v.refuse(OutsideWindow, "run inside the window, or approve a new revision", "it is %s, the approved window is %s to %s",
			v.At.UTC().Format(time.RFC3339), a.NotBefore.Format(time.RFC3339), a.NotAfter.Format(time.RFC3339))
	}
	if w := a.NotAfter.Sub(a.NotBefore); w > p.MaxWindow {
		v.refuse(WindowTooLong, "shorten the window", "the window lasts %s, the policy allows %s", w, p.MaxWindow)
	}
	if !p.Ticket.MatchString(a.ChangeTicket) {
		v.refuse(
			TicketForm,
			"name a ticket of the form "+p.Ticket.String(),
			"the change ticket %q does not have the policy's form",
			a.ChangeTicket,
		)
	}
	v.withdrawn()
}

func (v *verifier) withdrawn() {
	if digest := scenarios.Digest(v.Scenario); v.Trust.withdrawn[strings.TrimPrefix(digest, "sha256:")] {
		v.refuse(Withdrawn, "approve a new revision", "the approval of %s was withdrawn", digest)
	}
}

// VerifyAuthor checks that an author signed the scenario, that every signature beside
// it holds, and that nobody withdrew it: enough for what only reads.
func VerifyAuthor(r Request) error {
	v := &verifier{Request: r}
	v.signatures()
	if len(v.persons(author)) == 0 {
		v.refuse(NoAuthor, "sodprobe approve --role author", "no author has signed the scenario")
	}
	v.withdrawn()
	if len(v.reasons) > 0 {
		return &Refusal{v.reasons}
	}
	return nil
}

// VerifyOperator checks that a principal whom the policy lets run signed a
// line of the journal, as of a moment.
func VerifyOperator(t *Trust, line, armored []byte, principal string, at time.Time) (journal.Principal, error) {
	key, refusal := t.check(line, armored, "operate@sodprobe", principal, at)
	if refusal != nil {
		return journal.Principal{}, refusal
	}
	person := t.Policy.Person(principal)
	if person == "" || !slices.Contains(t.Policy.Operators, person) {
		return journal.Principal{}, refuse(RoleNotAllowed, "see trust/policy.yaml", "the policy does not let %s run", principal)
	}
	kind, print := Names(key)
	return journal.Principal{Principal: principal, Person: person, KeyType: kind, Fingerprint: print}, nil
}
