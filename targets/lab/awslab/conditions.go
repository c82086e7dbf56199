package awslab

import (
	"net/netip"
	"slices"
	"strings"
)

// keys are the condition keys of a request, by their names in small letters; a
// key that the request does not carry is absent, which is not the same as empty
// ("IAM JSON policy elements: Condition", IAM user guide).
type keys map[string]texts

// with are the keys and some more, in small letters.
func (k keys) with(more keys) keys {
	out := keys{}
	for _, all := range []keys{k, more} {
		for name, values := range all {
			if len(values) > 0 {
				out[strings.ToLower(name)] = values
			}
		}
	}
	return out
}

// conditions are a statement's, by operator and key.
type conditions map[string]map[string]texts

// used are the keys that conditions look at, as they are written there.
func (c conditions) used() []string {
	var out []string
	for _, of := range c {
		for key := range of {
			out = append(out, key)
		}
	}
	return out
}

// hold reports whether each condition holds of a request.
func (c conditions) hold(of keys) bool {
	for operator, all := range c {
		for key, wanted := range all {
			if !holds(operator, of[strings.ToLower(key)], wanted) {
				return false
			}
		}
	}
	return true
}

// holds evaluates one condition ("Condition operators" and "Multivalued context
// keys", IAM user guide). An absent key fails the positive operators, and
// satisfies the negated ones, those that end in IfExists, and ForAllValues.
func holds(operator string, got, wanted texts) bool {
	quantifier, operator, set := strings.Cut(operator, ":")
	if !set {
		quantifier, operator = "", quantifier
	}
	operator, optional := strings.CutSuffix(operator, "IfExists")
	if operator == "Null" {
		return (len(got) == 0) == (wanted[0] == "true")
	}
	positive := strings.Replace(operator, "Not", "", 1)
	negated := positive != operator
	if len(got) == 0 {
		return optional || negated && quantifier != "ForAnyValue" || quantifier == "ForAllValues"
	}
	matches := func(value string) bool {
		return slices.ContainsFunc(wanted, func(want string) bool { return compare(positive, value, want) }) != negated
	}
	if quantifier == "ForAllValues" {
		return !slices.ContainsFunc(got, func(value string) bool { return !matches(value) })
	}
	return slices.ContainsFunc(got, matches)
}

// compare evaluates a positive operator on one value.
func compare(operator, got, want string) bool {
	switch operator {
	case "StringEquals", "Bool", "ArnEquals":
		return got == want || operator == "ArnEquals" && like(want, got)
	case "StringEqualsIgnoreCase":
		return strings.EqualFold(got, want)
	case "StringLike", "ArnLike":
		return like(want, got)
	case "IpAddress":
		address, failed := netip.ParseAddr(got)
		network, alsoFailed := netip.ParsePrefix(want)
		return failed == nil && alsoFailed == nil && network.Contains(address)
	}
	return false // an operator that the lab does not know
}
