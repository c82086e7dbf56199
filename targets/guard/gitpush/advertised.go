package gitpush

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// AdvertisementType is the content type of what a server advertises over HTTP.
const AdvertisementType = "application/x-git-receive-pack-advertisement"

// ErrUnread says that nothing readable was advertised.
var ErrUnread = errors.New("what the server advertises cannot be read")

// Advertised is what a server said of a repository before a push
// (gitprotocol-pack, "Reference Discovery"). It is read off
// the wire, so that no push is judged by what its sender says of the server.
// The zero value advertises nothing.
type Advertised struct {
	repository   string // the path that it was read at
	tips         map[string]string
	capabilities []string
}

// Repository is the path that it was read at, "" where nothing was.
func (a Advertised) Repository() string { return a.repository }

// Any reports whether anything was advertised.
func (a Advertised) Any() bool { return a.tips != nil }

// Tip is the hash that a ref has, "" where the server does not have the ref.
func (a Advertised) Tip(ref string) string { return a.tips[ref] }

// IsTip reports whether a hash is the tip of anything that is advertised.
func (a Advertised) IsTip(hash string) bool {
	for _, tip := range a.tips {
		if tip == hash {
			return true
		}
	}
	return false
}

// Can reports whether the server has a capability.
func (a Advertised) Can(capability string) bool {
	_, ok := a.capability(capability)
	return ok
}

// Agent is the server's program, such as "git/2.52.0": it tells which words to
// expect.
func (a Advertised) Agent() string {
	agent, _ := a.capability("agent")
	return agent
}

// Hashes is the repository's kind of hash: "sha1" where it says nothing.
func (a Advertised) Hashes() string {
	if kind, ok := a.capability("object-format"); ok {
		return kind
	}
	return "sha1"
}

func (a Advertised) capability(name string) (string, bool) {
	for _, c := range a.capabilities {
		if key, value, _ := strings.Cut(c, "="); key == name {
			return value, true
		}
	}
	return "", false
}

// maxAdvertised is how much of an advertisement is read at all, in bytes.
const maxAdvertised = 8 << 20

// Read reads up to the flush that ends what is advertised. Over HTTP
// a line that names the service, and a flush, stand before it.
func Read(r io.Reader, repository string) (Advertised, error) {
	a := Advertised{repository: repository, tips: map[string]string{}}
	r = io.LimitReader(r, maxAdvertised)
	line, err := pkt(r)
	if err == nil && string(line) == "# service=git-receive-pack\n" {
		if line, err = pkt(r); err == nil && line == nil {
			line, err = pkt(r)
		}
	}
	for first := true; ; first = false {
		switch {
		case err != nil:
			return Advertised{}, fmt.Errorf("%w: %w", ErrUnread, err)
		case line == nil && first:
			return Advertised{}, fmt.Errorf("%w: no refs and no capabilities", ErrUnread)
		case line == nil:
			return a, nil
		}
		if err = a.add(string(line), first); err == nil {
			line, err = pkt(r)
		}
	}
}

// add takes one line: a hash, a ref, and on the first the capabilities. What
// else it may hold (a shallow line, an error) is not a repository to push to.
func (a *Advertised) add(line string, first bool) error {
	line, capabilities, found := strings.Cut(strings.TrimSuffix(line, "\n"), "\x00")
	hash, ref, _ := strings.Cut(line, " ")
	switch {
	case found != first || strings.Trim(hash, "0123456789abcdef") != "" || hash == "" || ref == "":
		return fmt.Errorf("the line %.80q", line)
	case a.tips[ref] != "" && ref != ".have": // which an alternate's refs are all called
		return fmt.Errorf("%s is a duplicate", ref)
	}
	a.tips[ref] = hash
	if first {
		a.capabilities = strings.Fields(capabilities)
	}
	return nil
}

// pkt reads one line of git's (gitprotocol-common, "pkt-line Format"); nil is
// the flush.
func pkt(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(string(head[:]), 16, 16)
	switch {
	case err != nil || n > 0 && n <= 4:
		return nil, fmt.Errorf("a line of the length %q", head)
	case n == 0:
		return nil, nil
	}
	line := make([]byte, n-4)
	_, err = io.ReadFull(r, line)
	return line, err
}
