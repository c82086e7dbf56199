package guard

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sodprobe/sodprobe/targets/document"
)

// TestReduceLeavesTheAnswer: what is kept for the record is taken out of the answer, and
// the answer, which preparations judge, stays as it came.
func TestReduceLeavesTheAnswer(t *testing.T) {
	read := func() any {
		v, err := document.Read([]byte(`{"a":{"b/c":1,"d":{"e":2}}}`))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := read()
	reduce(v, []string{"/a", "/a/b~1c", "/a/d", "/a/d/e"})
	if diff := cmp.Diff(read(), v); diff != "" {
		t.Errorf("the answer changed (-want +got):\n%s", diff)
	}
}
