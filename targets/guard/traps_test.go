package guard_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"k8s.io/client-go/rest"

	"github.com/sodprobe/sodprobe/targets"
	"github.com/sodprobe/sodprobe/targets/guard"
)

// rawServer accepts TLS connections with a protocol and hands each to serve.
func rawServer(t *testing.T, proto string, serve func(net.Conn)) (host string, client *tls.Config) {
	t.Helper()
	p := newPeer(t, ok) // lends its certificate
	cfg := &tls.Config{Certificates: p.server.TLS.Certificates, NextProtos: []string{proto}, MinVersion: tls.VersionTLS12}
	l, err := tls.Listen("tcp", "127.0.0.1:0", cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				serve(c)
			}()
		}
	}()
	pool := p.server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	return l.Addr().String(), &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// http2Peer reads each request whole, counts it, and answers with end.
func http2Peer(t *testing.T, arrived *atomic.Int64, end func(f *http2.Framer, stream uint32)) (string, *tls.Config) {
	t.Helper()
	return rawServer(t, "h2", func(c net.Conn) {
		if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		f := http2.NewFramer(c, c)
		f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
		if f.WriteSettings() != nil {
			return
		}
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			switch frame := frame.(type) {
			case *http2.SettingsFrame:
				if !frame.IsAck() && f.WriteSettingsAck() != nil {
					return
				}
			case *http2.MetaHeadersFrame:
				if frame.StreamEnded() {
					arrived.Add(1)
					end(f, frame.StreamID)
				}
			case *http2.DataFrame:
				if frame.StreamEnded() {
					arrived.Add(1)
					end(f, frame.StreamID)
				}
			}
		}
	})
}

// TestResetStreams: Go's HTTP/2 client sends a request again when the peer
// resets its stream, if it has the body still. Behind the guard it has not:
// the mutation arrives once.
func TestResetStreams(t *testing.T) {
	for name, end := range map[string]func(*http2.Framer, uint32){
		"REFUSED_STREAM": func(f *http2.Framer, id uint32) { _ = f.WriteRSTStream(id, http2.ErrCodeRefusedStream) },
		"CANCEL":         func(f *http2.Framer, id uint32) { _ = f.WriteRSTStream(id, http2.ErrCodeCancel) },
		"GOAWAY":         func(f *http2.Framer, _ uint32) { _ = f.WriteGoAway(0, http2.ErrCodeNo, nil) },
		"PROTOCOL_ERROR": func(f *http2.Framer, id uint32) { _ = f.WriteRSTStream(id, http2.ErrCodeProtocol) },
	} {
		t.Run(name, func(t *testing.T) {
			var arrived atomic.Int64
			host, client := http2Peer(t, &arrived, end)
			send := newGuard(host, func(c *guard.Config) { c.Timeout = time.Second }).Over(&http.Transport{TLSClientConfig: client, ForceAttemptHTTP2: true})
			lease := &guard.Lease{Rules: []targets.Rule{write()}}
			r, err := http.NewRequestWithContext(lease.Context(t.Context()), "POST", "https://"+host+"/things?dryRun=All", strings.NewReader(thing))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			if resp, err := send.RoundTrip(r); err == nil {
				_ = resp.Body.Close()
				t.Error("a reset stream has an answer")
			}
			if n := arrived.Load(); n != 1 {
				t.Errorf("the mutation arrived %d times", n)
			}
			if x := lease.Exchange(); x.TransportError == "" {
				t.Errorf("%+v", x)
			}
		})
	}
}

// TestResetStreamsWithoutTheGuard shows that the trap is real: the same
// client without the guard delivers the same request more than once.
func TestResetStreamsWithoutTheGuard(t *testing.T) {
	var arrived atomic.Int64
	host, client := http2Peer(t, &arrived, func(f *http2.Framer, id uint32) { _ = f.WriteRSTStream(id, http2.ErrCodeRefusedStream) })
	r, err := http.NewRequestWithContext(t.Context(), "POST", "https://"+host+"/things", strings.NewReader(thing))
	if err != nil {
		t.Fatal(err)
	}
	naked := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{TLSClientConfig: client, ForceAttemptHTTP2: true}}
	if resp, err := naked.Do(r); err == nil {
		_ = resp.Body.Close()
	}
	if n := arrived.Load(); n < 2 {
		t.Errorf("it arrived %d times: the trap is gone, and its rule may be too", n)
	}
}

// TestClosedKeepAlive: over HTTP/1.1, a peer that closes a used connection
// instead of answering sees the mutation once.
func TestClosedKeepAlive(t *testing.T) {
	var arrived atomic.Int64
	host, client := rawServer(t, "http/1.1", func(c net.Conn) {
		in := bufio.NewReader(c)
		for first := true; ; first = false {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			if !first {
				arrived.Add(1)
				return
			}
			_, _ = fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	send := newGuard(host).Over(&http.Transport{TLSClientConfig: client})
	read := targets.Rule{Method: "GET", Path: "/warm"}
	for _, rule := range []targets.Rule{read, write()} {
		lease := &guard.Lease{Rules: []targets.Rule{rule}}
		u, body := "https://"+host+"/warm", io.Reader(nil)
		if rule.Mutating {
			u, body = "https://"+host+"/things?dryRun=All", strings.NewReader(thing)
		}
		r, err := http.NewRequestWithContext(lease.Context(t.Context()), rule.Method, u, body)
		if err != nil {
			t.Fatal(err)
		}
		if rule.Mutating {
			r.Header.Set("Content-Type", "application/json")
		}
		if resp, err := send.RoundTrip(r); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	}
	if n := arrived.Load(); n != 1 {
		t.Errorf("the mutation arrived %d times", n)
	}
}

// TestClientGoRetries: client-go's rest.Request sends any verb again on 429
// and 5xx with Retry-After. Behind the guard the second one has no lease.
func TestClientGoRetries(t *testing.T) {
	for _, code := range []int{429, 500, 503} {
		p := newPeer(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(code)
		})
		lease := &guard.Lease{Rules: []targets.Rule{write()}}
		base := p.server.URL
		client, err := rest.RESTClientForConfigAndClient(&rest.Config{Host: base, APIPath: "/", ContentConfig: rest.ContentConfig{
			GroupVersion: &schemaVersion, NegotiatedSerializer: codecs(),
		}}, &http.Client{Transport: p.send})
		if err != nil {
			t.Fatal(err)
		}
		err = client.Verb("POST").AbsPath("/things").Param("dryRun", "All").SetHeader("Content-Type", "application/json").
			Body([]byte(thing)).Do(lease.Context(t.Context())).Error()
		if err == nil {
			t.Errorf("%d: no error", code)
		}
		if n := p.arrived.Load(); n != 1 {
			t.Errorf("%d: it arrived %d times: %v", code, n, err)
		}
		if x := lease.Exchange(); x.Status != code {
			t.Errorf("%d: recorded %+v", code, x)
		}
	}
}

// TestRedirects: an answer that points elsewhere is an answer. A client that
// follows it finds the lease used up.
func TestRedirects(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		var elsewhere atomic.Int64
		p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				elsewhere.Add(1)
			}
			http.Redirect(w, r, "/elsewhere?token=abc", code)
		})
		lease := &guard.Lease{Rules: []targets.Rule{write(), {Method: "GET", Path: "/elsewhere", Query: map[string]string{"token": "abc"}}}}
		r := p.request(t)
		if resp, err := (&http.Client{Transport: p.send}).Do(r.WithContext(lease.Context(t.Context()))); err == nil {
			_ = resp.Body.Close()
			t.Errorf("%d: followed", code)
		}
		x := lease.Exchange()
		if x.Status != code || x.Headers["Location"] != "/elsewhere" || elsewhere.Load() != 0 || p.arrived.Load() != 1 {
			t.Errorf("%d: %+v, %d arrived", code, x, p.arrived.Load())
		}
	}
}
