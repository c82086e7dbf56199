package kubernetes

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"

	"github.com/sodprobe/sodprobe/targets"
)

// Whoami asks the server who the caller is and compares the answer with the
// scenario: the name, the uid if one is given, and under impersonation the
// groups, neither more nor fewer.
func (s *Session) Whoami(ctx context.Context) targets.Whoami {
	subject, x := s.self(ctx)
	check := targets.Whoami{Subject: subject, Exchange: x, Proof: targets.Failed}
	if subject.Name == "" {
		check.Problem = "the server did not say who the caller is: " + Classify(targets.Case{Exchange: x}).Reason
		return check
	}
	if check.Problem = mismatch(on(s.identity), subject); check.Problem == "" {
		check.Proof = targets.Proven
	}
	return check
}

// self is the server's own word for the caller; the zero Subject where it
// gave none.
func (s *Session) self(ctx context.Context) (targets.Subject, targets.Exchange) {
	var answer authenticationv1.SelfSubjectReview
	x := s.review(ctx, "/apis/authentication.k8s.io/v1/selfsubjectreviews", "SelfSubjectReview", nil, &answer, "/kind", "/status/userInfo")
	if x.Status != http.StatusCreated || x.Truncated {
		return targets.Subject{}, x
	}
	u := answer.Status.UserInfo
	subject := targets.Subject{Name: u.Username, UID: u.UID, Groups: u.Groups}
	for key, values := range u.Extra {
		if subject.Extra == nil {
			subject.Extra = map[string][]string{}
		}
		subject.Extra[key] = values
	}
	return subject, x
}

// mismatch says how the server's word differs from the scenario's, "" where
// it does not.
func mismatch(k *Identity, got targets.Subject) string {
	if want := k.Principal(); got.Name != want {
		return fmt.Sprintf("the server sees %q, the scenario says %q", got.Name, want)
	}
	if k.Context != "" {
		return ""
	}
	want := []string{"system:authenticated"}
	switch {
	case k.Impersonate != nil:
		if k.Impersonate.UID != "" && got.UID != k.Impersonate.UID {
			return fmt.Sprintf("the server sees the uid %q, the scenario says %q", got.UID, k.Impersonate.UID)
		}
		for key, values := range k.Impersonate.Extra {
			if !slices.Equal(got.Extra[strings.ToLower(key)], values) {
				return fmt.Sprintf("the server sees the extra %s as %q, the scenario says %q", key, got.Extra[strings.ToLower(key)], values)
			}
		}
		want = append(want, k.Impersonate.Groups...)
	case k.ServiceAccount != nil:
		want = append(want, "system:serviceaccounts", "system:serviceaccounts:"+k.ServiceAccount.Namespace)
	}
	a, b := unique(want), unique(got.Groups)
	if !slices.Equal(a, b) {
		return fmt.Sprintf("the server sees the groups %q, the scenario says %q", b, a)
	}
	return ""
}

func unique(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}
