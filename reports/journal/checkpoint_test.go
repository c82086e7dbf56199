package journal

import (
	"fmt"
	"testing"
)

// FuzzParseCheckpoint holds that a text is accepted in exactly one form: what
// was read writes back the same bytes.
func FuzzParseCheckpoint(f *testing.F) {
	f.Add("sodprobe.corp.example/payments\n2\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
	f.Add("origin\n-1\nAAAA\n")
	f.Add("origin\n02\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCheckpoint(text)
		if err != nil {
			return
		}
		if again := fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root); again != text {
			t.Errorf("%q reads as %q", text, again)
		}
	})
}
