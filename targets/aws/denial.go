package aws

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// denial is what AWS says of a refusal ("Troubleshoot access denied error
// messages" in the IAM user guide), taken apart so that putting it together again
// gives the sentence: User: PRINCIPAL is not authorized to perform: ACTION, on
// which resource, why, and a tail.
type denial struct {
	principal string
	action    string
	resource  string        // an ARN or a name, "" where none is named
	layer     targets.Layer // Unspecified where no policy type is named
	explicit  bool
	policy    string // the policy's ARN, where it is told
	ungranted string // of an implicit one, the action that nothing allows
	// unclear says why the reason is none that is known, "" where it is. Who was
	// refused what is known even so.
	unclear string
	// record names AWS's own record of the decision, where it is told.
	record string
}

// policyTypes are the words for the kinds of policies. A trust policy is the
// role's own, as a resource.
func policyTypes() map[string]targets.Layer {
	return map[string]targets.Layer{
		"identity-based policy": targets.IdentityPolicy, "resource-based policy": targets.ResourcePolicy,
		"permissions boundary": targets.PermissionsBoundary, "session policy": targets.SessionPolicy,
		"service control policy": targets.SCP, "resource control policy": targets.RCP, "VPC endpoint policy": targets.VPCEndpointPolicy,
		"role trust policy": targets.ResourcePolicy,
	}
}

// parseDenial reads the sentence. More than one in a message is none: it could
// be said of somebody else.
func parseDenial(message string) (denial, bool) {
	const head, verb = "User: ", " is not authorized to perform: "
	if strings.Count(message, verb) != 1 {
		return denial{}, false
	}
	before, after, _ := strings.Cut(message, verb)
	i := strings.LastIndex(before, head)
	if i < 0 {
		return denial{}, false
	}
	d := denial{principal: before[i+len(head):], layer: targets.Unspecified}
	if !slices.Contains(openings(), before[:i]) {
		d.unclear = "it begins with " + before[:i]
	}
	if d.principal == "" || strings.ContainsAny(d.principal, " \n\t") {
		return denial{}, false
	}
	d.action, after = word(after)
	if !strings.Contains(d.action, ":") {
		return denial{}, false
	}
	d.resource, after = resourceOf(after)
	return d.because(after), true
}

// word takes the next word off a text, without what ends a sentence.
func word(s string) (string, string) {
	s = strings.TrimLeft(s, " \n")
	first, rest, _ := strings.Cut(s, " ")
	bare := strings.TrimRight(first, ".,;")
	return bare, strings.TrimLeft(first[len(bare):]+" "+rest, " ")
}

// resourceOf reads "on resource: X", where X is an ARN, quoted or not, or the
// kind and name of something of IAM's.
func resourceOf(s string) (string, string) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(s, " \n"), "on resource: ")
	if !ok {
		return "", s
	}
	if quoted, ok := strings.CutPrefix(rest, `"`); ok {
		name, rest, _ := strings.Cut(quoted, `"`)
		return name, rest
	}
	for _, kind := range []string{"instance profile ", "role ", "user ", "group ", "policy "} {
		if named, ok := strings.CutPrefix(rest, kind); ok {
			return word(named)
		}
	}
	return word(rest)
}

// openings are what may stand before the sentence: nothing, or EC2's own.
func openings() []string { return []string{"", "You are not authorized to perform this operation. "} }

// undecidedKey is what KMS says where it does not tell whether the key exists or
// refuses (KMS developer guide, "Troubleshooting key access").
const undecidedKey = "on this resource because the resource does not exist in this Region, no resource-based policies allow access, " +
	"or a resource-based policy explicitly denies access"

// reasonForms are how AWS goes on after who and what: which kind of policy
// refused, and how; then where a policy is named, its ARN.
func reasonForms() (explicit, implicit *regexp.Regexp) {
	kinds := strings.Join(slices.Sorted(maps.Keys(policyTypes())), "|")
	return regexp.MustCompile(`^with an explicit deny in (?:an?|the) (` + kinds + `)(?:: (arn:\S*[^\s.,;]))?(.*)$`),
		regexp.MustCompile(`^because no (` + kinds + `) allows the (\S+:\S+) action(.*)$`)
}

// because reads which kind of policy refused. AWS names one; where more are
// named, or anything that is not on the list, nothing is known of why.
func (d denial) because(s string) denial {
	s = strings.Join(strings.Fields(s), " ")
	explicit, implicit := reasonForms()
	tail := s
	if m := explicit.FindStringSubmatch(s); m != nil {
		d.layer, d.explicit, d.policy, tail = policyTypes()[m[1]], true, m[2], m[3]
	} else if m := implicit.FindStringSubmatch(s); m != nil {
		d.layer, d.ungranted, tail = policyTypes()[m[1]], m[2], m[3]
	} else if rest, ok := strings.CutPrefix(s, "with an explicit deny"); ok { // wording of 2020 to 2022
		d.explicit, tail = true, rest
	} else if s == undecidedKey {
		d.unclear, tail = "the key may not exist, and may refuse", ""
	}
	known := false
	if d.record, known = tailOf(tail); !known {
		d.unclear = "it says " + tail
	}
	return d
}

// tailOf reads what may stand after the sentence, and in it the name of AWS's own
// record of the decision ("Troubleshoot access denied error messages with
// authorization ID", IAM user guide). It is false for anything else.
func tailOf(s string) (record string, known bool) {
	for _, form := range []string{
		`^[.,;]?$`,
		`^\.? ?Encoded authorization failure message: \S+$`, // EC2
		`^ ?\(Service: [^()]+\)$`,                           // an SDK's, in a message that a service passes on
		`^\. Go to https://\S+ for complete details, or call the GetRequestAuthorizationDetails API ` +
			`with the following authorization id: ([0-9a-z]+)\.?$`,
	} {
		if m := regexp.MustCompile(form).FindStringSubmatch(s); m != nil {
			return strings.Join(m[1:], ""), true
		}
	}
	return "", false
}

// about reports whether a denial speaks of the resource that was asked for.
// In what was asked, * stands for any text.
func (d denial) about(asked string) bool {
	if d.resource == "" || d.resource == asked {
		return true
	}
	if !strings.Contains(d.resource, ":") { // IAM names some of its own by their bare name
		return asked != "" && path.Base(asked) == d.resource && strings.Contains(asked, ":iam::")
	}
	return wildcard(asked, d.resource)
}

// wildcard matches a text against a pattern in which * stands for any text
// and ? for any character, as in policies.
func wildcard(pattern, s string) bool {
	for pattern != "" {
		switch pattern[0] {
		case '*':
			for i := 0; i <= len(s); i++ {
				if wildcard(pattern[1:], s[i:]) {
					return true
				}
			}
			return false
		default:
			if s == "" || pattern[0] != '?' && pattern[0] != s[0] {
				return false
			}
			pattern, s = pattern[1:], s[1:]
		}
	}
	return s == ""
}

// how says "explicit" or "implicit", "" where the words do not tell.
func (d denial) how() string {
	switch {
	case d.explicit:
		return "explicit"
	case d.layer == targets.Unspecified:
		return ""
	default:
		return "implicit"
	}
}
