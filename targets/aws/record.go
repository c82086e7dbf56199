package aws

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sodprobe/sodprobe/targets"
)

// AWS keeps its own record of some denials, mostly IAM's so far, under a name that
// stands at the end of the sentence: which statements of which policies decided, in
// which context ("GetRequestAuthorizationDetails", IAM Toolbox API reference, a
// preview; there is no client for it in the SDK for Go).

// recordOperation is the right to read such a record, and the operation.
const recordOperation = "iam:GetRequestAuthorizationDetails"

const recordPath = "/authorization-details/"

// recordOf reads, as the observer, AWS's record of a denial, false where the answer
// names none. It is made after the answer, so that it is asked for again for a
// while. Where the observer may not read one, none is asked for again.
func (a *Account) recordOf(ctx context.Context, service string, x targets.Exchange) (targets.Exchange, bool) {
	f, ok := envelope(x)
	d, sentence := parseDenial(f.message)
	if !ok || !sentence || d.record == "" || a.unrecorded.Load() {
		return targets.Exchange{}, false
	}
	observer, err := a.assume(ctx, a.cfg.Reader)
	if err != nil {
		return targets.Exchange{}, false
	}
	keys, problem := observer.reading(ctx)
	if problem != "" {
		return targets.Exchange{}, false
	}
	at := toolbox
	if a.services[service].region == a.services[globalToolbox].region {
		at = globalToolbox
	}
	ask := targets.Request{Service: at, Method: http.MethodGet, Path: recordPath + url.PathEscape(d.record)}
	var record targets.Exchange
	for wait := time.Duration(0); ; wait = cmp.Or(2*wait, a.cfg.Patience, time.Second) {
		if !pause(ctx, wait) {
			return record, record.Sent != nil
		}
		record, _ = a.ask(ctx, keys, ask, nil, nil, "/requestContext", "/evaluations", "/policies", "/nextToken")
		if record.Status != http.StatusNotFound || wait >= 4*cmp.Or(a.cfg.Patience, time.Second) {
			break
		}
	}
	if record.Status == http.StatusForbidden {
		a.unrecorded.Store(true)
	}
	return record, true
}

// pause waits, and reports whether the context still lives.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// evaluation is one decision of a record.
type evaluation struct {
	Action   string         `json:"action"`
	Resource string         `json:"resource"`
	Context  map[string]any `json:"context"`
	Effect   string         `json:"evaluatedEffect"`
	Policies []struct {
		URI        string `json:"uri"`
		Statements []struct {
			Effect string `json:"evaluatedEffect"`
		} `json:"matchedStatements"`
	} `json:"matchedPolicies"`
}

// recorded reads what AWS's own record says of a denial: Denies where it decided
// the same, Allows where it decided something else than the sentence says, Unsure
// where it does not speak of it, and the zero value where there is none. The keys
// are those of the decision and of the whole request.
func recorded(c targets.Case) targets.DecisionRecord {
	f, ok := envelope(c.Exchange)
	d, sentence := parseDenial(f.message)
	i := slices.IndexFunc(c.Exchange.After, func(x targets.Exchange) bool {
		return x.Sent != nil && strings.HasSuffix(x.Sent.URL, recordPath+d.record) && x.Status == http.StatusOK && !x.Truncated && x.Cut == 0
	})
	if !ok || !sentence || d.record == "" || i < 0 {
		return targets.DecisionRecord{}
	}
	var record struct {
		Context     map[string]any `json:"requestContext"`
		NextToken   string         `json:"nextToken"`
		Evaluations []evaluation   `json:"evaluations"`
		Policies    []struct {
			URI  string `json:"uri"`
			Type string `json:"type"`
		} `json:"policies"`
	}
	if json.Unmarshal([]byte(c.Exchange.After[i].Body), &record) != nil || record.NextToken != "" { // a page is not the record
		return targets.DecisionRecord{Says: targets.Unsure}
	}
	kinds := map[string]string{}
	for _, p := range record.Policies {
		kinds[p.URI] = p.Type
	}
	for _, e := range record.Evaluations {
		if strings.EqualFold(e.Action, c.Action) && d.about(e.Resource) {
			keys := slices.Concat(slices.Collect(maps.Keys(record.Context)), slices.Collect(maps.Keys(e.Context)))
			slices.Sort(keys)
			return targets.DecisionRecord{Says: e.agrees(d, kinds), Keys: slices.Compact(keys)}
		}
	}
	return targets.DecisionRecord{Says: targets.Unsure}
}

// agrees compares a decision of the record with the sentence. What nothing allows,
// no policy refuses, so that an implicit denial has no layer to compare. One that a
// session's policy made is ours, whatever the sentence says.
func (e evaluation) agrees(d denial, kinds map[string]string) targets.Opinion {
	denying := e.denying(kinds)
	switch {
	case slices.Contains(denying, targets.SessionPolicy) && d.layer != targets.SessionPolicy:
		return targets.Allows
	case e.Effect == "IMPLICIT_DENY" && !d.explicit,
		e.Effect == "EXPLICIT_DENY" && !d.explicit && d.layer == targets.Unspecified: // the sentence does not say how
		return targets.Denies
	case e.Effect == "ALLOW" || e.Effect == "IMPLICIT_DENY" || !d.explicit:
		return targets.Allows
	case e.Effect != "EXPLICIT_DENY":
		return targets.Unsure
	case len(denying) > 0 && d.layer == targets.Unspecified || slices.Contains(denying, d.layer):
		return targets.Denies
	}
	return targets.Allows
}

// denying are the layers of the policies with a statement that denied.
func (e evaluation) denying(kinds map[string]string) []targets.Layer {
	var out []targets.Layer
	for _, p := range e.Policies {
		for _, s := range p.Statements {
			if s.Effect == "DENY" {
				out = append(out, kindOf(kinds[p.URI]))
			}
		}
	}
	return out
}

// kindOf is the layer of a type of policy, in the record's words.
func kindOf(kind string) targets.Layer {
	return map[string]targets.Layer{
		"IDENTITY_BASED_POLICY": targets.IdentityPolicy, "RESOURCE_BASED_POLICY": targets.ResourcePolicy,
		"PERMISSIONS_BOUNDARY": targets.PermissionsBoundary, "SESSION_POLICY": targets.SessionPolicy,
		"SERVICE_CONTROL_POLICY": targets.SCP, "RESOURCE_CONTROL_POLICY": targets.RCP, "VPC_ENDPOINT_POLICY": targets.VPCEndpointPolicy,
	}[kind]
}
