package kubernetes

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sodprobe/sodprobe/targets"
)

// Pin compares the live cluster with the approved one: the root certificate
// by the handshake, then the uid of kube-system. A cluster that does not
// answer wraps targets.ErrUnreachable.
func (c *Cluster) Pin(ctx context.Context) (targets.Pin, error) {
	pin := targets.Pin{Server: c.base, ServerName: c.serverName, Proxy: c.proxy}
	s := &Session{cluster: c, as: c.prober}
	x, body := s.get(ctx, "/api/v1/namespaces/kube-system", "application/json", "/kind", "/metadata/name", "/metadata/uid")
	pin.Exchanges = append(pin.Exchanges, x)
	if untrusted(x.TransportError) {
		pin.Problem = "the server's certificate is not signed by the pinned root: " + x.TransportError
		return pin, nil
	}
	if x.Status != http.StatusOK || x.Truncated {
		return pin, fmt.Errorf("%w: read the namespace kube-system: %s", targets.ErrUnreachable, Classify(targets.Case{Exchange: x}).Reason)
	}
	var namespace struct {
		Kind     string `json:"kind"`
		Metadata struct {
			Name string `json:"name"`
			UID  string `json:"uid"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(body, &namespace); err != nil || namespace.Kind != "Namespace" || namespace.Metadata.Name != "kube-system" {
		return pin, fmt.Errorf("%w: the answer is not the namespace kube-system", targets.ErrUnreachable)
	}
	if want := clusterOf(c.cfg.Target).UID; namespace.Metadata.UID != want {
		pin.Problem = fmt.Sprintf(
			"kube-system has the uid %s, the scenario pins %s: this is not the approved cluster",
			namespace.Metadata.UID,
			want,
		)
		return pin, nil
	}
	return c.introduce(ctx, s, pin)
}

// introduce asks the approved cluster for its version, and who the prober is.
func (c *Cluster) introduce(ctx context.Context, s *Session, pin targets.Pin) (targets.Pin, error) {
	x, body := s.get(ctx, "/version", "application/json", "/gitVersion")
	pin.Exchanges = append(pin.Exchanges, x)
	var version struct {
		GitVersion string `json:"gitVersion"`
	}
	if err := json.Unmarshal(body, &version); err == nil {
		pin.Version = version.GitVersion
	}
	subject, x := s.self(ctx)
	pin.Exchanges = append(pin.Exchanges, x)
	if subject.Name == "" {
		return pin, fmt.Errorf(
			"%w: the server did not say who the prober is: %s",
			targets.ErrUnreachable,
			Classify(targets.Case{Exchange: x}).Reason,
		)
	}
	pin.Harness, pin.OK = subject.Name, true
	return pin, nil
}

// untrusted tells a failed certificate check, of which the record holds the
// words only, from other failures of a connection.
func untrusted(transportError string) bool {
	return strings.Contains(transportError, (&tls.CertificateVerificationError{Err: errors.New("")}).Error()) ||
		strings.Contains(transportError, "tls: failed to verify certificate")
}
