package aws

import (
	"path"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// denial is what AWS says of a refusal ("Troubleshoot access denied error
// messages" in the IAM user guide).
type denial struct {
	principal string
	action    string
	resource  string        // an ARN or a name, "" where none is named
	layer     targets.Layer // Unspecified where no policy type is named
	explicit  bool
	policy    string // the policy's ARN, where it is told
	ungranted string // of an implicit one, the action that nothing allows
}

// policyTypes are the words for the kinds of policies.
func policyTypes() map[string]targets.Layer {
	return map[string]targets.Layer{
		"identity-based policy": targets.IdentityPolicy, "resource-based policy": targets.ResourcePolicy,
		"permissions boundary": targets.PermissionsBoundary, "session policy": targets.SessionPolicy,
		"service control policy": targets.SCP, "resource control policy": targets.RCP, "VPC endpoint policy": targets.VPCEndpointPolicy,
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
	if d.principal == "" || strings.ContainsAny(d.principal, " \n\t") {
		return denial{}, false
	}
	d.action, after = word(after)
	if !strings.Contains(d.action, ":") {
		return denial{}, false
	}
	d.resource, after = resourceOf(after)
	return d.because(after)
}

// word takes the next word off a text, without what ends a sentence.
func word(s string) (string, string) {
	s = strings.TrimLeft(s, " ")
	first, rest, _ := strings.Cut(s, " ")
	return strings.TrimRight(first, ".,;"), rest
}

// resourceOf reads "on resource: X", where X is an ARN, quoted or not, or the
// kind and name of something of IAM's.
func resourceOf(s string) (string, string) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(s, " "), "on resource: ")
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

// because reads which kind of policy refused. AWS names one; where more are
// named, nothing is known.
func (d denial) because(s string) (denial, bool) {
	named := 0
	for words, layer := range policyTypes() {
		for _, article := range []string{"a ", "an "} {
			if _, rest, ok := strings.Cut(s, "with an explicit deny in "+article+words); ok {
				named++
				d.layer, d.explicit = layer, true
				if arn, ok := strings.CutPrefix(rest, ": "); ok {
					d.policy, _ = word(arn)
				}
			}
		}
		if _, rest, ok := strings.Cut(s, "because no "+words+" allows the "); ok {
			named++
			d.layer = layer
			d.ungranted, _ = word(rest)
		}
	}
	if named == 0 && (strings.Contains(s, "because ") || strings.Contains(s, "explicit deny")) {
		return denial{}, false // a reason that is none of a policy's
	}
	return d, named <= 1
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
	case d.layer == targets.Unspecified:
		return ""
	case d.explicit:
		return "explicit"
	default:
		return "implicit"
	}
}
