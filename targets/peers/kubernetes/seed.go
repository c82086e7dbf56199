package kubernetes

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

//go:embed world.yaml
var world []byte

// namespaced are the manifests that are made in production and where
// developers may work alike.
//
//go:embed namespace.yaml
var namespaced []byte

// seed fills a fresh cluster with what the probes' examples name.
func (c *cluster) seed() error {
	if err := c.apply(world); err != nil {
		return err
	}
	if err := c.request(); err != nil {
		return err
	}
	for _, ns := range []string{"payments", "payments-dev"} {
		if err := c.apply(bytes.ReplaceAll(namespaced, []byte("NAMESPACE"), []byte(ns))); err != nil {
			return err
		}
		// No controller manager runs, so nobody else fills the quota's status.
		status := map[string]any{"status": map[string]any{"hard": map[string]any{"pods": "50"}, "used": map[string]any{"pods": "0"}}}
		if code, body, err := c.do(
			http.MethodPatch,
			"/api/v1/namespaces/"+ns+"/resourcequotas/compute/status",
			status,
		); err != nil ||
			code != http.StatusOK {
			return fmt.Errorf("fill the quota's status: HTTP %d: %w: %s", code, err, body)
		}
	}
	return nil
}

// apply creates every document of a manifest. It waits a while for resources
// that are not served yet.
func (c *cluster) apply(manifest []byte) error {
	docs := yaml.NewDecoder(bytes.NewReader(manifest))
	for {
		var o map[string]any
		if err := docs.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := c.create(o); err != nil {
			return err
		}
	}
}

func (c *cluster) create(o map[string]any) error {
	path := collection(o)
	var code int
	var body []byte
	var err error
	for range 100 {
		code, body, err = c.do(http.MethodPost, path, o)
		if err == nil && code == http.StatusCreated || code == http.StatusConflict {
			return nil
		}
		if code != http.StatusNotFound && code != http.StatusForbidden && code != http.StatusTooManyRequests {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("POST %s: HTTP %d: %w: %s", path, code, err, body)
}

// remove deletes what apply created.
func (c *cluster) remove(manifest []byte) error {
	docs := yaml.NewDecoder(bytes.NewReader(manifest))
	for {
		var o map[string]any
		if err := docs.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		metadata, _ := o["metadata"].(map[string]any)
		path := fmt.Sprintf("%s/%s", collection(o), metadata["name"])
		if code, body, err := c.do(http.MethodDelete, path, nil); err != nil || code >= 300 && code != http.StatusNotFound {
			return fmt.Errorf("DELETE %s: HTTP %d: %w: %s", path, code, err, body)
		}
	}
}

// collection is the path that an object is created at.
func collection(o map[string]any) string {
	apiVersion, _ := o["apiVersion"].(string)
	kind, _ := o["kind"].(string)
	metadata, _ := o["metadata"].(map[string]any)
	prefix := "/apis/" + apiVersion
	if !strings.Contains(apiVersion, "/") {
		prefix = "/api/" + apiVersion
	}
	if ns, ok := metadata["namespace"].(string); ok {
		prefix += "/namespaces/" + ns
	}
	plural := strings.ToLower(kind) + "s"
	switch {
	case strings.HasSuffix(kind, "y"):
		plural = strings.TrimSuffix(strings.ToLower(kind), "y") + "ies"
	case strings.HasSuffix(kind, "ss"):
		plural = strings.ToLower(kind) + "es"
	}
	return prefix + "/" + plural
}

// set merges fields into an object.
func (c *cluster) set(path string, fields map[string]any) error {
	code, body, err := c.do(http.MethodPatch, path, fields)
	if err != nil || code != http.StatusOK {
		return fmt.Errorf("PATCH %s: HTTP %d: %w: %s", path, code, err, body)
	}
	return nil
}

// request makes a certificate signing request that waits for approval.
func (c *cluster) request() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "sodprobe"}}, key)
	if err != nil {
		return err
	}
	return c.create(map[string]any{
		"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": map[string]any{"name": "sodprobe"},
		"spec": map[string]any{
			"request":    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}),
			"signerName": "kubernetes.io/kube-apiserver-client", "usages": []string{"client auth"},
		},
	})
}
