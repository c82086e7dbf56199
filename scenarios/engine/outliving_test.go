package engine

import "testing"

// TestOutliving: what opens after the time for closing brackets is over at once, and
// does not wait for anybody to be scheduled.
func TestOutliving(t *testing.T) {
	r := &run{ended: make(chan struct{})}
	open, done := r.outliving(t.Context())
	defer done()
	if open.Err() != nil {
		t.Error("it is over before the end")
	}
	close(r.ended)
	for range 1000 {
		late, done := r.outliving(t.Context())
		if late.Err() == nil {
			t.Error("a read may still leave")
		}
		done()
	}
}
