// Package lab holds simulated targets: in-process servers with real decision
// logic, in an enforced and a permissive posture, with faults. They exist for
// the demo and for fast tests, and are reached by endpoint only.
//
// The Kubernetes lab speaks as kube-apiserver v1.37.2 does: the order of its
// checks, and the words of its answers. Where it and a real server differ,
// the lab is wrong. Nothing but the demo's command and tests imports it.
package lab
