package awslab

import "testing"

// TestHolds: conditions as the IAM user guide's "Condition operators" and
// "Multivalued context keys" have them, absent keys above all.
func TestHolds(t *testing.T) {
	none := texts(nil)
	for _, c := range []struct {
		operator    string
		got, wanted texts
		holds       bool
	}{
		{"StringEquals", texts{"a"}, texts{"b", "a"}, true},
		{"StringEquals", texts{"A"}, texts{"a"}, false},
		{"StringEqualsIgnoreCase", texts{"A"}, texts{"a"}, true},
		{"StringEquals", none, texts{"a"}, false},
		{"StringEqualsIfExists", none, texts{"a"}, true},
		{"StringEqualsIfExists", texts{"b"}, texts{"a"}, false},
		{"StringNotEquals", texts{"b"}, texts{"a", "c"}, true},
		{"StringNotEquals", texts{"a"}, texts{"a", "c"}, false},
		{"StringNotEquals", none, texts{"a"}, true},
		{"StringLike", texts{"prod-1"}, texts{"prod-*"}, true},
		{"StringNotLike", texts{"prod-1"}, texts{"prod-*"}, false},
		{"ArnLike", texts{"arn:aws:iam::1:role/x"}, texts{"arn:aws:iam::*:role/x"}, true},
		{"ArnEquals", texts{"arn:aws:iam::1:role/x"}, texts{"arn:aws:iam::1:role/*"}, true},
		{"Bool", texts{"true"}, texts{"true"}, true},
		{"Bool", none, texts{"false"}, false},
		{"BoolIfExists", none, texts{"false"}, true},
		{"Null", none, texts{"true"}, true},
		{"Null", texts{"x"}, texts{"true"}, false},
		{"Null", texts{"x"}, texts{"false"}, true},
		{"IpAddress", texts{"192.0.2.7"}, texts{"192.0.2.0/24"}, true},
		{"NotIpAddress", texts{"192.0.2.7"}, texts{"192.0.2.0/24"}, false},
		{"ForAnyValue:StringEquals", texts{"a", "b"}, texts{"b"}, true},
		{"ForAnyValue:StringEquals", none, texts{"b"}, false},
		{"ForAnyValue:StringNotEquals", none, texts{"b"}, false},
		{"ForAllValues:StringEquals", texts{"a", "b"}, texts{"b"}, false},
		{"ForAllValues:StringEquals", texts{"b"}, texts{"a", "b"}, true},
		{"ForAllValues:StringEquals", none, texts{"b"}, true},
		{"NumericLessThan", texts{"1"}, texts{"2"}, false}, // not one that the lab knows
	} {
		if got := holds(c.operator, c.got, c.wanted); got != c.holds {
			t.Errorf("%s %q of %q: %t", c.operator, c.wanted, c.got, got)
		}
	}
}
