package aws

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/sodprobe/sodprobe/targets"
)

// errCaptured ends an SDK call whose request is known.
var errCaptured = errors.New("captured")

// Wire returns the request that the SDK makes of a call, by its own
// serializers, without sending it. The call must take the configuration that
// it is given. Where the SDK refuses the input, the request is empty, and no
// rule matches it.
func Wire(service, region string, call func(sdk.Config) error) targets.Request {
	c := &capture{service: service}
	endpoint := "https://wire.invalid"
	_ = call(sdk.Config{ // it ends in errCaptured, or sends nothing
		Region: region, Credentials: credentials.NewStaticCredentialsProvider("AKIDWIRE", "wire", ""),
		HTTPClient: c, BaseEndpoint: &endpoint, Retryer: func() sdk.Retryer { return sdk.NopRetryer{} },
		RequestChecksumCalculation: sdk.RequestChecksumCalculationWhenRequired,
	})
	return c.request
}

// capture is an HTTP client that keeps the request and sends nothing.
type capture struct {
	service string
	request targets.Request
}

// Do implements the SDK's HTTPClient.
func (c *capture) Do(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	c.request = targets.Request{
		Service: c.service,
		Method:  r.Method,
		Path:    r.URL.EscapedPath(),
		Query:   map[string]string{},
		Header:  map[string]string{},
		Body:    bytes.Clone(body),
	}
	for k, v := range r.URL.Query() {
		if k != "x-id" { // names the operation, and nobody needs it
			c.request.Query[k] = v[0]
		}
	}
	for name := range r.Header {
		if slices.Contains(meaningful(), name) {
			c.request.Header[name] = r.Header.Get(name)
		}
	}
	return nil, errCaptured
}

// meaningful are the headers that belong to a call. The others are the
// signature's, or the SDK's own notes.
func meaningful() []string {
	return []string{"Content-Type", "Content-Md5", "If-Match", "X-Amz-Checksum-Crc32", "X-Amz-Sdk-Checksum-Algorithm", "X-Amz-Target"}
}
