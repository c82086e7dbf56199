package targets

import "errors"

// ErrUnreachable marks a target that could not be asked: no network, no
// answer. It makes the target's own attempts Inconclusive.
var ErrUnreachable = errors.New("target unreachable")
