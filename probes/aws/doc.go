// Package aws holds the probes of AWS, one file each.
//
// A probe describes a request: the SDK's serializers write it, and nothing
// here sends it. It must never import os, os/exec or net/http. It imports
// probes, targets, targets/aws for what makes a request harmless, and the
// SDK's input types.
package aws
