// Package awslab is a simulated AWS account on loopback: services that speak
// AWS's five protocols, decide by identity policies, a permissions boundary, a
// service control policy, trust policies and session policies, and answer in
// the documented words, in an enforced and a permissive posture, with faults.
//
// Where several policies deny, it names the session's first: AWS does not say
// which one it names. It checks access keys and tokens, and no signature.
//
// It exists for the demo and for tests. It must never be reached but by its
// endpoint, and knows no adapter and no probe.
package awslab
