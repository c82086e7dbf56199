package targets

// Proof is the answer to a yes-or-no question about the experiment. The zero
// value means that nobody asked.
type Proof string

// The proofs.
const (
	Unset  Proof = ""
	Proven Proof = "proven"
	Failed Proof = "failed"
)

// Pin is the comparison of a live target with the approved one.
type Pin struct {
	OK      bool   `json:"ok"`
	Problem string `json:"problem,omitempty"`
	Server  string `json:"server,omitempty"`
	Version string `json:"version,omitempty"`
	Edition string `json:"edition,omitempty"`
	Harness string `json:"harness,omitempty"` // the prober's own principal
	// ServerName is the name that the certificate had to have, where the kubeconfig
	// says another than the server's; Proxy is the kubeconfig's own, without
	// credentials.
	ServerName string     `json:"server_name,omitempty"`
	Proxy      string     `json:"proxy,omitempty"`
	Exchanges  []Exchange `json:"exchanges,omitempty"`
}

// Whoami is who the server says the caller is, beside who it should be.
type Whoami struct {
	Want     string   `json:"want"`
	Subject  Subject  `json:"subject"`
	Fidelity Fidelity `json:"fidelity"`
	Proof    Proof    `json:"proof"`
	Problem  string   `json:"problem,omitempty"`
	Exchange Exchange `json:"exchange"`
}

// StateRead is what one read of state shows.
type StateRead struct {
	Read   bool   `json:"read"`
	Exists bool   `json:"exists"`
	Digest string `json:"digest,omitempty"`
	Ours   bool   `json:"ours,omitempty"` // it carries this run's marker
	// Marks are the arms whose mark it carries, as in "a17".
	Marks    []string `json:"marks,omitempty"`
	Problem  string   `json:"problem,omitempty"`
	Exchange Exchange `json:"exchange"`
}

// Shown reports whether a read shows that what it reads exists.
func (s StateRead) Shown() bool { return s.Read && s.Exists }

// Why says why a read does not show that what it reads exists.
func (s StateRead) Why() string {
	if s.Problem != "" {
		return s.Problem
	}
	return "it does not exist"
}
