// Package probes holds the types of the experiment: a probe, its technique,
// the arms, and the verdict rule, which is one pure function.
//
// It imports targets and nothing else of this module, and no SDK, no os, no
// net/http: a probe describes requests and never sends one. The probes
// themselves stand in the subfolders, one file each; catalog lists them.
package probes
