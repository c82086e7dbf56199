package aws

import (
	"fmt"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// Name is the system's.
const Name targets.SystemName = "aws"

// Target pins an account of AWS, in one region.
type Target struct {
	// AccountID is the account that GetCallerIdentity must report.
	AccountID string `yaml:"accountID" json:"accountID" jsonschema:"required,pattern=^[0-9]{12}$"`
	// Partition is aws where it is left out.
	Partition string `yaml:"partition,omitempty" json:"partition,omitempty" jsonschema:"enum=aws,enum=aws-cn,enum=aws-us-gov"`
	Region    string `yaml:"region" json:"region" jsonschema:"required,pattern=^[a-z]{2}(-[a-z]+)+-[0-9]+$"`
	// Profile is the prober's, in the AWS CLI's configuration; "" means what
	// the SDK finds by itself (environment, web identity, instance role).
	Profile string `yaml:"profile,omitempty" json:"profile,omitempty"`
	// Endpoint is asked for every service, where AWS's own are not meant.
	Endpoint string `yaml:"endpoint,omitempty" json:"endpoint,omitempty" jsonschema:"pattern=^https://[A-Za-z0-9.-]+(:[0-9]+)?$"`
	// Emulator says, for the endpoint's owner, that it is a look-alike and not AWS:
	// one that ignores why a request cannot take effect may take it.
	Emulator bool        `yaml:"emulator,omitempty" json:"emulator,omitempty"`
	Allowed  AllowedCall `yaml:"allowed" json:"allowed" jsonschema:"required"`
}

// AllowedCall is what the developers may do: the standing baseline.
type AllowedCall struct {
	// Action is s3:PutObject.
	Action string `yaml:"action" json:"action" jsonschema:"required,enum=s3:PutObject"`
	// Resource is an object that exists, arn:aws:s3:::BUCKET/KEY.
	Resource string `yaml:"resource" json:"resource" jsonschema:"required,pattern=^arn:aws(-cn|-us-gov)?:s3:::[a-z0-9][a-z0-9.-]+/[A-Za-z0-9_]([-A-Za-z0-9_]|[./][A-Za-z0-9_])*$"`
}

// System implements targets.Block.
func (*Target) System() targets.SystemName { return Name }

// PartitionOf is the account's partition.
func (t *Target) PartitionOf() string {
	if t.Partition == "" {
		return "aws"
	}
	return t.Partition
}

// Place implements targets.TargetBlock.
func (t *Target) Place(kind targets.PlaceKind) targets.Place {
	title := "the account " + t.AccountID + " in " + t.Region
	if kind == targets.Allowed {
		title = "the account " + t.AccountID + ", where they may write " + t.Allowed.Resource
	}
	_, object, _ := strings.Cut(t.Allowed.Resource, ":::")
	bucket, key, _ := strings.Cut(object, "/")
	return targets.Place{Kind: kind, Scope: t.Region, Title: title, Values: map[string]string{
		"region": t.Region, "account": t.AccountID, "partition": t.PartitionOf(), "allowed_bucket": bucket, "allowed_key": key,
	}}
}

// Check implements targets.Block: what an account names fits together.
func (t *Target) Check(in targets.Lint) {
	if !strings.HasPrefix(t.Allowed.Resource, "arn:"+t.PartitionOf()+":") && t.Allowed.Resource != "" {
		in.Note("allowed.resource", "the object is in another partition than the account", "arn:"+t.PartitionOf()+":s3:::BUCKET/KEY")
	}
}

// Explain implements targets.Block.
func (t *Target) Explain() []string {
	lines := []string{fmt.Sprintf("the AWS account %s of the partition %s, in %s.", t.AccountID, t.PartitionOf(), t.Region)}
	if t.Endpoint != "" {
		lines = append(lines, fmt.Sprintf("Every service is asked at %s.", t.Endpoint))
	}
	if t.Emulator {
		lines = append(lines, "That is not AWS but a look-alike: what AWS refuses it may take.")
	}
	return append(
		lines,
		"Any other account is refused before anything is attempted.",
		fmt.Sprintf("The same developers may write %s.", t.Allowed.Resource),
	)
}

// accountOf is the block of a target of this system.
func accountOf(t targets.Target) *Target {
	block, _ := t.Block.(*Target)
	return block
}
