package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// awsTarget checks that what an account names fits together.
func (c *checker) awsTarget(at string, t targets.AWSTarget) {
	if !strings.HasPrefix(t.Allowed.Resource, "arn:"+t.PartitionOf()+":") && t.Allowed.Resource != "" {
		c.note(at+".allowed.resource", "the object is in another partition than the account", "arn:"+t.PartitionOf()+":s3:::BUCKET/KEY")
	}
}

// awsIdentity checks that an identity says in exactly one way how to act, and
// acts in an account that is a target.
func (c *checker) awsIdentity(at string, a targets.AWSIdentity) {
	ways := 0
	for _, set := range []bool{a.AssumeRole != "", a.WebIdentity != nil, a.Profile != ""} {
		if set {
			ways++
		}
	}
	if ways != 1 {
		c.note(at, fmt.Sprintf("%d ways to act as the identity", ways), "exactly one of: assumeRole, webIdentity, profile")
	}
	switch {
	case a.Profile != "" && a.Principal == "":
		c.note(at, "the profile says no principal", "principal: the ARN that the server must report for the profile")
	case a.Profile == "" && a.Principal != "":
		c.note(at+".principal", "principal belongs to profile", "leave it out: the role says who acts")
	}
	if a.ExternalID != "" && a.AssumeRole == "" {
		c.note(at+".externalID", "externalID belongs to assumeRole", "leave it out")
	}
	if a.Profile != "" && (a.SessionName != "" || len(a.Tags) > 0) {
		c.note(at, "sessionName and tags belong to roles that are assumed", "leave them out: the profile's session bears its own")
	}
	if a.WebIdentity != nil && len(a.Tags) > 0 {
		c.note(at+".tags", "the session of a web identity bears the tags of its token", "leave them out")
	}
	if a.WebIdentity != nil {
		c.secretAt(at+".webIdentity.token", a.WebIdentity.Token)
	}
	c.knownAccount(at, a)
}

// knownAccount notes an identity of an account that no target pins: the
// server would see somebody else's account, and nothing would be proven.
func (c *checker) knownAccount(at string, a targets.AWSIdentity) {
	fields := strings.Split(a.Name(), ":")
	if len(fields) < 6 {
		return // noted by its form
	}
	var accounts []string
	for _, t := range c.scenario.Targets {
		if t.AWS != nil && len(t.AWS.AccountID) == 12 {
			accounts = append(accounts, t.AWS.AccountID)
		}
	}
	if len(accounts) > 0 && !slices.Contains(accounts, fields[4]) {
		c.note(at, fmt.Sprintf("%s is in the account %s, and no target is", a.Name(), fields[4]), "one of: "+strings.Join(accounts, ", "))
	}
}
