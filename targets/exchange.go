package targets

import "time"

// MaxBody is how much of a body the record keeps, in bytes.
const MaxBody = 64 << 10

// Exchange is one recorded request and response, redacted. Classifiers see
// only this form, so that a verifier reproduces every class from the journal.
type Exchange struct {
	Sent *Sent `json:"sent,omitempty"`

	Status  int               `json:"status,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	// Body of a 2xx answer is reduced to the fields that the rule keeps, as
	// JSON; of any other answer it is the text, cut at MaxBody.
	Body string `json:"body,omitempty"`
	// Peer is the SHA-256, in hex, of the certificate that the server showed.
	Peer string `json:"peer_sha256,omitempty"`
	// Cut is the number of bytes beyond MaxBody that were dropped.
	Cut int64 `json:"cut,omitempty"`
	// Truncated says that the stream ended before the body did.
	Truncated bool `json:"truncated,omitempty"`

	// Git is what git-receive-pack answered, where the request was a push.
	Git *GitReport `json:"git,omitempty"`

	// Steps are the exchanges that had to come before this one: the reads
	// that show that the request cannot take effect.
	Steps []Exchange `json:"steps,omitempty"`

	// After are the exchanges that followed at once, and show that the one who
	// asked was still the same.
	After []Exchange `json:"after,omitempty"`
	// Unexercised says which control the target has that this request cannot
	// reach: a yes says nothing of it.
	Unexercised string `json:"unexercised,omitempty"`
	// Unfit says why the request was not sent: the target is not in a state
	// in which it could not take effect.
	Unfit string `json:"unfit,omitempty"`
	// TransportError is set where no answer came.
	TransportError string `json:"transport_error,omitempty"`
	// Refused is set where our own guard refused to send.
	Refused string `json:"refused,omitempty"`
}

// Left reports whether the request went out, and nothing of ours held it back.
func (x Exchange) Left() bool { return x.Sent != nil && x.Refused == "" && x.Unfit == "" }

// Count is how many requests it records: none where it did not go out.
func (x Exchange) Count() int64 {
	var n int64
	if x.Sent != nil {
		n = 1
	}
	for _, other := range append(x.Steps[:len(x.Steps):len(x.Steps)], x.After...) {
		n += other.Count()
	}
	return n
}

// Sent is the request as it left, without credentials.
type Sent struct {
	At       time.Time         `json:"at"`
	Took     time.Duration     `json:"took_ns"`
	Method   string            `json:"method"`
	URL      string            `json:"url"`
	Headers  map[string]string `json:"headers,omitempty"`
	Body     string            `json:"body,omitempty"`
	Protocol string            `json:"protocol,omitempty"`
}

// GitReport is git-receive-pack's answer (gitprotocol-pack, "Report Status"),
// with what came on the side band.
type GitReport struct {
	// Unpack is "ok", or why the pack could not be read.
	Unpack string         `json:"unpack"`
	Refs   []GitRefStatus `json:"refs,omitempty"`
	// Sideband is the text of the progress channel: hooks speak there.
	Sideband string `json:"sideband,omitempty"`
	// Agent is the server's program, as it advertised it: git/2.52.0.
	Agent string `json:"agent,omitempty"`
	// Fatal is the text of the error channel.
	Fatal string `json:"fatal,omitempty"`
}

// GitRefStatus is what became of one command.
type GitRefStatus struct {
	Ref string `json:"ref"`
	// Status is "ok" or "ng".
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}
