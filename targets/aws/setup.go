package aws

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// Setup writes what a scenario needs in an account, to review and apply: the
// prober's own policy, what the trust policy of each role has to say, and the
// observer's rights. The prober itself can do nothing but assume those roles,
// under the run's name.
func Setup(w io.Writer, in targets.Access) error {
	var b strings.Builder
	t := accountOf(in.Target)
	fmt.Fprintf(&b, "# What sodprobe needs in the account %s (%s).\n\n", t.AccountID, t.PartitionOf())
	roles, byToken := map[string]Identity{}, []string{}
	for _, id := range in.People {
		switch a := on(id); {
		case a.AssumeRole != "":
			roles[a.AssumeRole] = *a
		case a.WebIdentity != nil:
			byToken = append(byToken, fmt.Sprintf("- %s: its own role %s, with the token in %s\n", id.ID, a.WebIdentity.Role, a.WebIdentity.Token))
		default:
			byToken = append(
				byToken,
				fmt.Sprintf(
					"- %s: the profile %s, which must be %s. No session policy can be passed: the unprivileged\n  identity shows in its place that the request can be refused.\n",
					id.ID,
					a.Profile,
					a.Principal,
				),
			)
		}
	}
	names := slices.Sorted(maps.Keys(roles))
	b.WriteString("# The prober's policy. It may do nothing else.\n")
	b.WriteString(indented(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Action": entering(slices.Collect(maps.Values(roles))...), "Resource": names,
	}}}))
	for _, name := range names {
		fmt.Fprintf(&b, "\n# Add to the trust policy of %s. Put the prober's ARN in.\n", name)
		b.WriteString(indented(trust(t.PartitionOf(), t.AccountID, roles[name])))
	}
	if len(byToken) > 0 {
		b.WriteString("\n# Identities that the prober does not assume.\n" + strings.Join(byToken, ""))
	}
	b.WriteString("\n# The observer's policy. Each of its sessions is narrowed to the same.\n")
	b.WriteString(indented(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Action": observed(in), "Resource": "*",
	}}}))
	b.WriteString(notes)
	_, err := io.WriteString(w, b.String())
	return err
}

// trust is the statement that lets the prober in, for a run and no longer.
func trust(partition, account string, a Identity) map[string]any {
	condition := map[string]any{"StringLike": map[string]string{"sts:RoleSessionName": cmp.Or(a.SessionName, "sodprobe-*")}}
	if a.ExternalID != "" {
		condition["StringEquals"] = map[string]string{"sts:ExternalId": a.ExternalID}
	}
	return map[string]any{
		"Effect": "Allow", "Principal": map[string]string{"AWS": "arn:" + partition + ":iam::" + account + ":role/REPLACE-WITH-THE-PROBER"},
		"Action": entering(a), "Condition": condition,
	}
}

// entering are the actions that it takes to assume roles: the run's name stands
// as source identity where the session bears a person's.
func entering(roles ...Identity) []string {
	actions := []string{"sts:AssumeRole"}
	if slices.ContainsFunc(roles, func(a Identity) bool { return a.SessionName != "" }) {
		actions = append(actions, "sts:SetSourceIdentity")
	}
	if slices.ContainsFunc(roles, func(a Identity) bool { return len(a.Tags) > 0 }) {
		actions = append(actions, "sts:TagSession")
	}
	return actions
}

// observed are the actions that a scenario's reads need.
func observed(in targets.Access) []string {
	all := map[string]bool{ // for the predictions
		"iam:SimulatePrincipalPolicy": true, "iam:GetContextKeysForPrincipalPolicy": true, "organizations:DescribeOrganization": true,
		recordOperation: true,
	}
	for _, r := range in.Reads {
		all[r.Request.Action] = true
	}
	for _, id := range in.People { // the role that a profile's session is of
		all["iam:GetRole"] = all["iam:GetRole"] || on(id).Role() == ""
	}
	maps.DeleteFunc(all, func(_ string, needed bool) bool { return !needed })
	return slices.Sorted(maps.Keys(all))
}

func indented(v any) string {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return "" // strings always encode
	}
	return string(b) + "\n"
}

const notes = `
# Notes
# - Attempts are refused in plenty, and each stands in CloudTrail under the session name
#   sodprobe-RUN, or where the session bears a person's under that source identity. Tell whoever watches for
#   UnauthorizedOperation and AccessDenied.
# - Tell the account's owner first. AWS's rules for testing hold in one's own account, too
#   (aws.amazon.com/security/penetration-testing). GuardDuty and other detectors may alarm: what is
#   sent looks like somebody who tries to raise their rights.
# - Each arm of an attempt is four management events: AssumeRole, GetCallerIdentity before and after,
#   and the request; S3's is a data event. Reads of state and the simulator come on top.
# - A service control policy with a condition on aws:PrincipalArn sees the role, not the prober. One
#   with a condition on aws:userid or aws:SourceIdentity sees the prober's session: exempt nothing
#   for sodprobe-*, or the attempts prove nothing.
# - The session policy of an attempt allows the probed action alone. Where a key or a resource
#   demands more, the attempt ends as dependency-denied or harness-denied, and is Inconclusive.
# - Roles of IAM Identity Center (AWSReservedSSO_*) cannot be made to trust a prober. Use a role with
#   the same policies in the same organizational unit, and mark the identity as persona.
`
