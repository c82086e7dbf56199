// Package aws runs probes of AWS against versitygw: IAM, STS and S3 servers
// that nobody here wrote, with real signatures and real policy decisions. A
// front in the test adds the one operation that they lack, sts:AssumeRole.
//
// It reaches nothing but loopback. It must never be imported.
package aws
