package gitlab

import (
	"testing"

	"github.com/sodprobe/sodprobe/targets/targettest"
)

// TestCorpus: each recorded answer means what is written beside it.
func TestCorpus(t *testing.T) { targettest.Corpus(t, "testdata/corpus", Name, Classify) }
