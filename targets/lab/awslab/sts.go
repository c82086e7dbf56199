package awslab

import (
	"cmp"
	"fmt"
	"time"
)

// assume makes a session of a role, as its caller asks.
func (c call) assume() reply {
	role := name(c.of("RoleArn"))
	if _, ok := c.roles[role]; !ok {
		return fail(
			403,
			"AccessDenied",
			fmt.Sprintf("User: %s is not authorized to perform: sts:AssumeRole on resource: %s", c.as.arn, c.of("RoleArn")),
		)
	}
	// A source identity is set only by who may, and goes with a session into the
	// roles that it assumes. Both the caller's policies and the role's trust policy
	// have to allow it, and the tags as well ("Passing session tags in AWS STS",
	// "Monitor and control actions taken with assumed roles", IAM user guide).
	source := cmp.Or(c.of("SourceIdentity"), c.as.source)
	for action, wanted := range map[string]bool{"sts:SetSourceIdentity": source != "", "sts:TagSession": c.of("Tags.member.1.Key") != ""} {
		of := c.keysOf(c.as, "sts:AssumeRole", c.of("RoleArn"))
		if wanted && (!c.decide(c.as, action, c.of("RoleArn"), of).allowed || !c.roles[role].letsIn(c.as.role, action, of)) {
			said := fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s", c.as.arn, action, c.of("RoleArn"))
			return fail(403, "AccessDenied", said)
		}
	}
	return c.session(role, source)
}

// session opens a session under the policy that was passed.
func (c call) session(role, source string) reply {
	var policy *document
	if text := c.of("Policy"); text != "" {
		d, ok := parsePolicy(text)
		if !ok || len(text) > 2048 {
			return fail(400, "MalformedPolicyDocument", "The policy is not in the valid JSON format.")
		}
		policy = &d
	}
	arn := "arn:aws:sts::" + Account + ":assumed-role/" + role + "/" + c.of("RoleSessionName")
	s, err := c.open(role, arn, policy)
	if err != nil {
		return fail(500, "InternalFailure", err.Error())
	}
	s.source, s.tags = source, map[string]string{}
	for i := 1; c.of(fmt.Sprintf("Tags.member.%d.Key", i)) != ""; i++ {
		s.tags[c.of(fmt.Sprintf("Tags.member.%d.Key", i))] = c.of(fmt.Sprintf("Tags.member.%d.Value", i))
	}
	return ok(
		fmt.Sprintf(
			"<Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>%s</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>AROALAB:%s</AssumedRoleId><Arn>%s</Arn></AssumedRoleUser>",
			s.id,
			s.secret,
			s.token,
			c.cfg.Now().UTC().Add(15*time.Minute).Format(time.RFC3339),
			c.of("RoleSessionName"),
			arn,
		),
	)
}

// byToken makes a session for a web identity's token. Such a request is not
// signed; the trust policy of the role decides.
func (a *AWS) byToken(c call) reply {
	who := ""
	for role, token := range a.tokens {
		if token == c.of("WebIdentityToken") {
			who = role
		}
	}
	role := name(c.of("RoleArn"))
	switch {
	case who == "":
		return fail(400, "InvalidIdentityToken", "The web identity token provided could not be validated.")
	case !a.roles[role].letsIn("token:"+who, "sts:AssumeRoleWithWebIdentity", nil):
		return fail(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	return c.session(role, "")
}
