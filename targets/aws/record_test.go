package aws

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sodprobe/sodprobe/targets"
)

// TestRecords: what AWS's own record says of a denial is compared with the sentence;
// the keys of the whole request are read, a page is not taken for the record, and a
// denial that a session's policy made is no control's.
func TestRecords(t *testing.T) {
	const implicit = "because no identity-based policy allows the iam:PutRolePolicy action"
	for name, c := range map[string]struct {
		sentence, effect, policy, more string
		says                           targets.Opinion
	}{
		"nothing allows it":             {implicit, "IMPLICIT_DENY", "", "", targets.Denies},
		"it was allowed":                {implicit, "ALLOW", "", "", targets.Allows},
		"a policy denies":               {"with an explicit deny in an identity-based policy", "EXPLICIT_DENY", "IDENTITY_BASED_POLICY", "", targets.Denies},
		"another one does":              {"with an explicit deny in an identity-based policy", "EXPLICIT_DENY", "SERVICE_CONTROL_POLICY", "", targets.Allows},
		"some policy does":              {"with an explicit deny", "EXPLICIT_DENY", "RESOURCE_CONTROL_POLICY", "", targets.Denies},
		"the session's, of some policy": {"with an explicit deny", "EXPLICIT_DENY", "SESSION_POLICY", "", targets.Allows},
		"the session's, of another":     {"with an explicit deny in an identity-based policy", "EXPLICIT_DENY", "SESSION_POLICY", "", targets.Allows},
		"a first page":                  {implicit, "IMPLICIT_DENY", "", `,"nextToken":"more"`, targets.Unsure},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.write = func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasPrefix(r.URL.Path, recordPath) {
					fail(w, 403, "AccessDenied", "User: "+session+" is not authorized to perform: iam:PutRolePolicy on resource: role prod "+c.sentence+
						". Go to https://us-east-1.console.aws.amazon.com/x for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: abc1")
					return
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, fmt.Sprintf(`{"requestContext":{"aws:SourceIp":["192.0.2.1"]},"evaluations":[{"action":"iam:PutRolePolicy","resource":%q,
					"context":{"iam:ResourceTag/team":["a"]},"evaluatedEffect":%q,"matchedPolicies":[{"uri":"p","matchedStatements":[{"evaluatedEffect":"DENY"}]}]}],
					"policies":[{"uri":"p","type":%q}]%s}`, production, c.effect, c.policy, c.more))
			}
			_, dev := s.connect(t, Identity{AssumeRole: developer})
			call, asked := putCall()
			got := recorded(targets.Case{Asked: asked, Exchange: dev.Send(t.Context(), call)})
			if got.Says != c.says {
				t.Errorf("%s, want %s", got.Says, c.says)
			}
			if c.more == "" && !slices.Equal(got.Keys, []string{"aws:SourceIp", "iam:ResourceTag/team"}) {
				t.Errorf("it saw %v", got.Keys)
			}
		})
	}
}
