package aws

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// lacking are the keys of conditions in which a session of ours is not like the
// person's own ("AWS global condition context keys" in the IAM user guide): where
// it comes from, how the person signed in, and what it is called. The rest of a
// session is the role's, and ours. aws:MultiFactorAuthPresent is not among them:
// temporary credentials of AssumeRole carry no word of MFA, whosever they are
// ("Secure API access with MFA", same guide).
func lacking() []string {
	return []string{
		"aws:sourceip", "aws:sourcevpc", "aws:sourcevpcarn", "aws:sourcevpce", "aws:vpcsourceip",
		"aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths",
		"aws:ec2instancesourcevpc", "aws:ec2instancesourceprivateipv4", "ec2:sourceinstancearn", "lambda:sourcefunctionarn",
		"aws:federatedprovider", "aws:referer", "aws:sourceidentity", "aws:useragent", "aws:userid",
	}
}

// lackingBy are how the names of such keys begin where a person's tags and the
// claims of a sign-in are many.
func lackingBy() []string { return []string{"aws:principaltag/", "identitystore:", "saml:"} }

// lacks are those of the keys that a session of ours does not carry as the
// person's own would, but for those that it was made with.
func lacks(keys, carried []string) []string {
	var out []string
	for _, key := range keys {
		k := strings.ToLower(key)
		begins := func(prefix string) bool { return strings.HasPrefix(k, prefix) }
		same := func(other string) bool { return strings.EqualFold(other, key) }
		if (slices.Contains(lacking(), k) || slices.ContainsFunc(lackingBy(), begins)) && !slices.ContainsFunc(carried, same) {
			out = append(out, key)
		}
	}
	return out
}

// ofResource reports whether a key is the resource's own, or the moment's: a
// request that names the real object carries it as any other does ("AWS global
// condition context keys", IAM user guide).
func ofResource(key string) bool {
	k := strings.ToLower(key)
	return strings.HasPrefix(k, "aws:resource") || strings.Contains(k, ":resourcetag/") || strings.HasPrefix(k, "s3:existingobjecttag/") ||
		k == "aws:currenttime" || k == "aws:epochtime" || k == "ec2:region"
}

// keysUsed are the keys that the policies of a role look at, by the recorded
// answer to GetContextKeysForPrincipalPolicy; nil where there is no such answer, and
// not nil where there are none.
func keysUsed(x targets.Exchange) []string {
	var answer struct {
		Result struct {
			Names *keyList `json:"ContextKeyNames"`
		} `json:"GetContextKeysForPrincipalPolicyResult"`
	}
	if x.Truncated || x.Cut > 0 || x.Status != 200 || json.Unmarshal([]byte(x.Body), &answer) != nil || answer.Result.Names == nil {
		return nil
	}
	return append([]string{}, answer.Result.Names.Member...)
}

// keysSent are the names of the keys that a question to the simulator gave.
func keysSent(x targets.Exchange) []string {
	if x.Sent == nil {
		return nil
	}
	form, err := url.ParseQuery(x.Sent.Body)
	if err != nil {
		return nil
	}
	var out []string
	for field, values := range form {
		if strings.HasPrefix(field, "ContextEntries.member.") && strings.HasSuffix(field, ".ContextKeyName") {
			out = append(out, values...)
		}
	}
	return out
}

// oneOrMore is a list of XML, which with one element looks as the element, and
// with none as an empty text.
type oneOrMore []string

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneOrMore) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*o = nil
		if one != "" {
			*o = oneOrMore{one}
		}
		return nil
	}
	var list []string
	err := json.Unmarshal(b, &list)
	*o = list
	return err
}
