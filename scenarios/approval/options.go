package approval

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// options are those of a line of allowed_signers.
type options struct {
	// authority says that the key is one that certifies others.
	authority     bool
	namespaces    []string // none means any
	after, before time.Time
}

// validAt reports whether the line counts at a moment.
func (o options) validAt(t time.Time) bool {
	return (o.after.IsZero() || !t.Before(o.after)) && (o.before.IsZero() || !t.After(o.before))
}

// cutOptions cuts the options off, in which blanks may stand in quotes
// (sshkey_advance_past_options in OpenSSH's sshkey.c).
func cutOptions(s string) (given, rest string, err error) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '"':
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && strings.ContainsRune(blanks, rune(s[i])):
			return s[:i], s[i:], nil
		}
	}
	return "", "", errors.New("no public key follows")
}

// parseOptions reads a line's options (sshsigopt_parse in OpenSSH's sshsig.c):
// names in any case, values in quotes, each that has a value once.
func parseOptions(s string) (o options, err error) {
	given := map[string]bool{}
	for {
		end := strings.IndexAny(s, "=,")
		if end < 0 {
			end = len(s)
		}
		name, value := strings.ToLower(s[:end]), ""
		s = s[end:]
		if strings.HasPrefix(s, "=") {
			if value, s, err = unquote(s[1:]); err != nil {
				return o, fmt.Errorf("option %s: %w", name, err)
			}
			if given[name] {
				return o, fmt.Errorf("the option %s is a duplicate", name)
			}
			given[name] = true
		} else {
			value = flag
		}
		if err := o.set(name, value); err != nil {
			return o, err
		}
		if s == "" {
			break
		}
		if s[0] != ',' || len(s) == 1 {
			return o, errors.New("options are parted by single commas")
		}
		s = s[1:]
	}
	if !o.after.IsZero() && !o.before.IsZero() && !o.before.After(o.after) {
		return o, errors.New("valid-before is not later than valid-after")
	}
	return o, nil
}

// flag stands for the value of an option without one.
const flag = "\x00"

// unquote reads a value in quotes, in which \" is a quote.
func unquote(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		return "", "", errors.New("its value has to be in quotes")
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '"':
			i++
			b.WriteByte('"')
		case s[i] == '"':
			return b.String(), s[i+1:], nil
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", errors.New("its quotes do not end")
}

func (o *options) set(name, value string) (err error) {
	switch {
	case name == "cert-authority" && value == flag:
		o.authority = true
	case name == "namespaces" && value != flag:
		o.namespaces = strings.Split(value, ",")
		for _, n := range o.namespaces {
			if n == "" || strings.ContainsAny(n, "*?!") {
				return fmt.Errorf("the namespace %q is not a name: write each one out", n)
			}
		}
	case name == "valid-after" && value != flag:
		o.after, err = signerTime(value)
	case name == "valid-before" && value != flag:
		o.before, err = signerTime(value)
	default:
		return fmt.Errorf("unknown option %q", name)
	}
	return err
}

// signerTime reads YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ.
func signerTime(s string) (time.Time, error) {
	for _, layout := range []string{"20060102Z", "200601021504Z", "20060102150405Z"} {
		if t, err := time.Parse(layout, s); err == nil && len(s) == len(layout) {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time in UTC: want YYYYMMDDHHMMSSZ, with Z", s)
}
