package scenarios

import (
	"time"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// Scenario is the approved file. Field order and names are those of the YAML.
type Scenario struct {
	APIVersion    string             `yaml:"apiVersion" json:"apiVersion" jsonschema:"required,enum=sodprobe/v1"`
	Kind          string             `yaml:"kind" json:"kind" jsonschema:"required,enum=Scenario"`
	Metadata      Metadata           `yaml:"metadata" json:"metadata" jsonschema:"required"`
	Controls      []string           `yaml:"controls" json:"controls" jsonschema:"required,minItems=1"`
	Authorization Authorization      `yaml:"authorization" json:"authorization" jsonschema:"required"`
	Rules         Rules              `yaml:"rules" json:"rules" jsonschema:"required"`
	Targets       []targets.Target   `yaml:"targets" json:"targets" jsonschema:"required,minItems=1"`
	Identities    []targets.Identity `yaml:"identities" json:"identities" jsonschema:"required,minItems=1"`
	Attempts      []Attempt          `yaml:"attempts" json:"attempts" jsonschema:"required,minItems=1"`
}

// Metadata names a scenario and its revision.
type Metadata struct {
	ID       string `yaml:"id" json:"id" jsonschema:"required,pattern=^[a-z0-9][a-z0-9-]*$"`
	Revision int    `yaml:"revision" json:"revision" jsonschema:"required,minimum=1"`
	Title    string `yaml:"title" json:"title" jsonschema:"required" text:"whole"`
	// Supersedes is the sha256:… of the revision before.
	Supersedes string `yaml:"supersedes,omitempty" json:"supersedes,omitempty" jsonschema:"pattern=^sha256:[0-9a-f]{64}$"`
}

// Authorization is what management agreed to.
type Authorization struct {
	ChangeTicket string    `yaml:"changeTicket" json:"changeTicket" jsonschema:"required" text:"whole"`
	Statement    string    `yaml:"statement" json:"statement" jsonschema:"required" text:"whole"`
	NotBefore    time.Time `yaml:"notBefore" json:"notBefore" jsonschema:"required"`
	NotAfter     time.Time `yaml:"notAfter" json:"notAfter" jsonschema:"required"`
	// Schedule is a five-field cron line; "" means by hand.
	Schedule string    `yaml:"schedule,omitempty" json:"schedule,omitempty"`
	Timezone string    `yaml:"timezone,omitempty" json:"timezone,omitempty"`
	MaxRuns  int       `yaml:"maxRuns" json:"maxRuns" jsonschema:"required,minimum=1"`
	Contacts []Contact `yaml:"contacts" json:"contacts" jsonschema:"required,minItems=1"`
}

// Contact is somebody to call when something looks wrong.
type Contact struct {
	Name  string `yaml:"name" json:"name" jsonschema:"required" text:"whole"`
	Email string `yaml:"email" json:"email" jsonschema:"required,format=email"`
}

// Rules are the rules of engagement.
type Rules struct {
	// Technique is the ceiling.
	Technique   probes.Technique `yaml:"technique" json:"technique" jsonschema:"required,enum=examine,enum=dry-run,enum=self-defeating"`
	Concurrency int              `yaml:"concurrency" json:"concurrency" jsonschema:"required,minimum=1,maximum=256"`
	// MaxRequests is the run's budget over all targets.
	MaxRequests    int64    `yaml:"maxRequests" json:"maxRequests" jsonschema:"required,minimum=1"`
	RequestTimeout Duration `yaml:"requestTimeout" json:"requestTimeout" jsonschema:"required"`
	// StopOn is "permitted" or "never".
	StopOn string `yaml:"stopOn" json:"stopOn" jsonschema:"required,enum=permitted,enum=never"`
	// Exclude lists probe ids, or patterns such as kubernetes.secret.*, that
	// are never attempted whatever the attempts say.
	Exclude []string `yaml:"exclude" json:"exclude"`
	// Unicode allows names that are not printable ASCII. Whoever reads the
	// scenario is shown their code points.
	Unicode bool `yaml:"unicode,omitempty" json:"unicode,omitempty"`
}

// Duration is a time.Duration written as 10s or 2m.
type Duration time.Duration

// Attempt plans one probe, at one target, as some identities.
type Attempt struct {
	Probe  string   `yaml:"probe" json:"probe" jsonschema:"required"`
	Target string   `yaml:"target" json:"target" jsonschema:"required"`
	As     Subjects `yaml:"as" json:"as" jsonschema:"required"`
	// With gives the probe's parameters in production.
	With map[string]string `yaml:"with,omitempty" json:"with,omitempty"`
	// Allowed overrides With at the allowed place.
	Allowed map[string]string `yaml:"allowed,omitempty" json:"allowed,omitempty"`
	// Positive, Negative and Observer name an identity where the default by
	// role is ambiguous.
	Positive *Positive `yaml:"positive,omitempty" json:"positive,omitempty" text:"whole"`
	Negative string    `yaml:"negative,omitempty" json:"negative,omitempty"`
	Observer string    `yaml:"observer,omitempty" json:"observer,omitempty"`
	// Expect replaces the probe's list of layers that count, in the open.
	Expect []targets.Layer `yaml:"expect,omitempty" json:"expect,omitempty" jsonschema:"minItems=1"`
}

// Subjects are identity ids, or everybody with a role.
type Subjects struct {
	IDs  []string
	Role targets.Role
}

// Positive names the positive arm's identity, or waives the arm with a reason.
type Positive struct {
	Identity string
	// With are parameters of this arm alone, as where only an approved request
	// may pass: it stands in for the very request, which nobody approved.
	With  map[string]string
	Waive string
}
