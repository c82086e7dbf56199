package aws

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sodprobe/sodprobe/targets"
)

// caller is who the server says that some keys belong to.
type caller struct{ arn, account, id, problem string }

const callerResult = "/GetCallerIdentityResult/"

// callerIdentity asks who some keys belong to. The question needs no right,
// and is answered even where everything is denied, so that it says who one is
// and nothing about what one may.
func (a *Account) callerIdentity(ctx context.Context, keys Keys) (caller, targets.Exchange) {
	r := Wire("sts", accountOf(a.cfg.Target).Region, func(cfg sdk.Config) error {
		_, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		return err
	})
	x, v := a.ask(ctx, keys, r, nil, nil, callerResult+"Arn", callerResult+"Account", callerResult+"UserId")
	who := caller{arn: text(v, callerResult+"Arn"), account: text(v, callerResult+"Account"), id: text(v, callerResult+"UserId")}
	if x.Status != http.StatusOK || who.arn == "" {
		who.problem = "the server did not say who the caller is: " + meaning(x)
	}
	return who, x
}

// caller asks for the session's own identity, which must be the expected one.
func (s *Session) caller(ctx context.Context, keys Keys) (caller, targets.Exchange) {
	who, x := s.account.callerIdentity(ctx, keys)
	if want := accountOf(s.account.cfg.Target).AccountID; who.problem == "" && who.account != want {
		who.problem = fmt.Sprintf("the server sees the account %s, the scenario says %s", who.account, want)
	}
	if who.problem == "" && who.arn != s.want {
		who.problem = fmt.Sprintf("the server sees %q, the scenario says %q", who.arn, s.want)
	}
	return who, x
}

// Whoami takes the identity on in a session that may do nothing, and asks the
// server who it is.
func (s *Session) Whoami(ctx context.Context) targets.Whoami {
	check := targets.Whoami{Proof: targets.Failed, Want: s.want}
	keys, steps, problem := s.fresh(ctx, DenyAll, false, nil)
	if problem != "" {
		check.Problem = "the identity cannot be taken on: " + problem
		if len(steps) > 0 {
			check.Exchange = steps[0]
		}
		return check
	}
	who, x := s.caller(ctx, keys)
	check.Exchange = x
	check.Exchange.Steps = steps
	if who.problem != "" {
		check.Problem = who.problem
		return check
	}
	check.Proof, check.Subject = targets.Proven, targets.Subject{Name: who.arn, UID: who.id, Extra: map[string][]string{}}
	if on(s.identity).Role() == "" {
		check.Subject.Extra["session-policy"] = []string{"none: a profile's credentials take none"}
	}
	return check
}

// Pin compares the live account with the approved one. One that does not
// answer wraps targets.ErrUnreachable.
func (a *Account) Pin(ctx context.Context) (targets.Pin, error) {
	t := accountOf(a.cfg.Target)
	pin := targets.Pin{Server: "https://" + a.hosts["sts"]}
	own, err := a.cfg.Source.Keys(ctx, t.Profile)
	if err != nil {
		return pin, fmt.Errorf("%w: the prober has no credentials: %w", targets.ErrUnreachable, err)
	}
	prober, x := a.callerIdentity(ctx, own)
	pin.Exchanges = append(pin.Exchanges, x)
	switch {
	case untrusted(x.TransportError):
		pin.Problem = "the server's certificate is not trusted: " + x.TransportError
		return pin, nil
	case prober.problem != "":
		return pin, fmt.Errorf("%w: %s", targets.ErrUnreachable, prober.problem)
	}
	pin.Harness = prober.arn
	reader, err := a.assume(ctx, a.cfg.Reader)
	if err != nil {
		return pin, fmt.Errorf("%w: %w", targets.ErrUnreachable, err)
	}
	keys, steps, problem := reader.fresh(ctx, DenyAll, false, nil)
	pin.Exchanges = append(pin.Exchanges, steps...)
	if problem != "" {
		return pin, fmt.Errorf("%w: %s", targets.ErrUnreachable, problem)
	}
	who, x := a.callerIdentity(ctx, keys)
	pin.Exchanges = append(pin.Exchanges, x)
	switch {
	case who.problem != "":
		return pin, fmt.Errorf("%w: %s", targets.ErrUnreachable, who.problem)
	case who.account != t.AccountID || !strings.HasPrefix(who.arn, "arn:"+t.PartitionOf()+":"):
		pin.Problem = fmt.Sprintf("%s is in the account %s, the scenario pins %s of the partition %s: this is not the approved account",
			who.arn, who.account, t.AccountID, t.PartitionOf())
	default:
		pin.OK = true
	}
	return pin, nil
}

// untrusted tells a failed certificate check, of which the record holds the
// words only, from other failures of a connection.
func untrusted(transportError string) bool {
	return strings.Contains(transportError, "tls: failed to verify certificate")
}
