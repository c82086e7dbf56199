package guard

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/sodprobe/sodprobe/targets/guard/gitpush"
)

// Advertised is what was advertised under this lease, or under one that it
// follows. An error says why nothing was.
func (l *Lease) Advertised() (gitpush.Advertised, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.advertised.Any() && l.unread == nil {
		return gitpush.Advertised{}, gitpush.ErrUnread
	}
	return l.advertised, l.unread
}

// Follow lets a push be judged by what was advertised under an earlier lease.
func (l *Lease) Follow(earlier *Lease) {
	a, err := earlier.Advertised()
	l.sees(a, err)
}

func (l *Lease) sees(a gitpush.Advertised, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.advertised, l.unread = a, err
}

// discovers reads what an answer over HTTP advertises, where it does. The
// lease is held.
func (l *Lease) discovers(resp *http.Response, body []byte) {
	repository, found := strings.CutSuffix(resp.Request.URL.Path, "/info/refs")
	if found && resp.StatusCode == http.StatusOK && resp.Header.Get("Content-Type") == gitpush.AdvertisementType {
		l.advertised, l.unread = gitpush.Read(bytes.NewReader(body), repository)
	}
}
