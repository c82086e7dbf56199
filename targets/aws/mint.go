package aws

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/sodprobe/sodprobe/targets"
)

// Life is how long a session lasts, in seconds: the shortest that AWS gives.
const Life = 900

// TokenHere stands in a request where a web identity's token goes.
const TokenHere = "sodprobe-web-identity-token" //nolint:gosec // it holds the place of a token

// minted are the fields of a new session that are recorded: its access key id
// is the name under which CloudTrail has it.
func minted(operation string) []string {
	result := "/" + operation + "Result/"
	return []string{result + "Credentials/AccessKeyId", result + "Credentials/Expiration", result + "AssumedRoleUser/Arn"}
}

// fresh makes a session of the identity's role under a policy, or takes the
// profile's own credentials. assumes says that the session is to assume a role
// itself. It answers with the problem, "" for none.
func (s *Session) fresh(ctx context.Context, policy string, assumes bool, still func() error) (Keys, []targets.Exchange, string) {
	id := on(s.identity)
	switch {
	case id.WebIdentity != nil:
		return s.byToken(ctx, policy, still)
	case id.AssumeRole != "":
		return s.byRole(ctx, policy, assumes, still)
	default:
		keys, err := s.account.cfg.Source.Keys(ctx, id.Profile)
		if err != nil {
			return keys, nil, fmt.Sprintf("the profile %s: %v", id.Profile, err)
		}
		return keys, nil, ""
	}
}

// called is the name of the identity's sessions: the person's, where policies
// ask for it, or the run's.
func (s *Session) called() string { return cmp.Or(on(s.identity).SessionName, s.account.cfg.Marker) }

// byRole assumes the role with the prober's own credentials. Where the session
// bears a person's name, the run's stands as its source identity; except where
// the session itself is to assume a role, since a source identity goes with it,
// and the trust policies of roles seldom let one be set ("Monitor and control
// actions taken with assumed roles", IAM user guide).
func (s *Session) byRole(ctx context.Context, policy string, assumes bool, still func() error) (Keys, []targets.Exchange, string) {
	a, id := s.account, on(s.identity)
	own, err := a.cfg.Source.Keys(ctx, accountOf(a.cfg.Target).Profile)
	if err != nil {
		return Keys{}, nil, "the prober has no credentials: " + err.Error()
	}
	in := &sts.AssumeRoleInput{
		RoleArn: &id.AssumeRole, RoleSessionName: sdk.String(s.called()), DurationSeconds: sdk.Int32(Life), Policy: &policy,
	}
	if id.SessionName != "" && !assumes {
		in.SourceIdentity = &a.cfg.Marker
	}
	for _, key := range slices.Sorted(maps.Keys(id.Tags)) {
		in.Tags = append(in.Tags, ststypes.Tag{Key: sdk.String(key), Value: sdk.String(id.Tags[key])})
	}
	if id.ExternalID != "" {
		in.ExternalId = &id.ExternalID
	}
	r := Wire("sts", accountOf(a.cfg.Target).Region, func(cfg sdk.Config) error {
		_, err := sts.NewFromConfig(cfg).AssumeRole(ctx, in)
		return err
	})
	return a.mint(ctx, own, r, "AssumeRole", still, nil)
}

// byToken assumes the identity's own role with its token.
func (s *Session) byToken(ctx context.Context, policy string, still func() error) (Keys, []targets.Exchange, string) {
	a, w := s.account, on(s.identity).WebIdentity
	token, err := a.cfg.Secret(w.Token)
	if err != nil {
		return Keys{}, nil, err.Error()
	}
	r := Wire("sts", accountOf(a.cfg.Target).Region, func(cfg sdk.Config) error {
		_, err := sts.NewFromConfig(cfg).AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: &w.Role, RoleSessionName: sdk.String(s.called()), WebIdentityToken: &token, DurationSeconds: sdk.Int32(Life), Policy: &policy,
		})
		return err
	})
	return a.mint(ctx, Keys{}, r, "AssumeRoleWithWebIdentity", still, []string{token})
}

// mint sends the request for a session and reads its credentials.
func (a *Account) mint(
	ctx context.Context,
	as Keys,
	r targets.Request,
	operation string,
	still func() error,
	secrets []string,
) (Keys, []targets.Exchange, string) {
	x, v := a.ask(ctx, as, r, still, secrets, minted(operation)...)
	steps := []targets.Exchange{x}
	at := "/" + operation + "Result/Credentials/"
	keys := Keys{text(v, at+"AccessKeyId"), text(v, at+"SecretAccessKey"), text(v, at+"SessionToken")}
	if x.Status != http.StatusOK || keys.ID == "" || keys.Secret == "" || keys.Token == "" {
		return Keys{}, steps, meaning(x)
	}
	return keys, steps, ""
}

// meaning says in words what became of a question of our own.
func meaning(x targets.Exchange) string {
	got := Classify(targets.Case{Exchange: x})
	return string(got.Class) + ": " + got.Reason
}
