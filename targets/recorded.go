package targets

import "slices"

// Recorded is a case that somebody wrote down, with what it means and where it was
// seen. It is a Case for classify, too, which leaves the rest aside.
type Recorded struct {
	ID string `json:"id,omitempty"`
	Case
	Want *Want `json:"want,omitempty"`
	// Source names where the answer was seen: a file of a server's source, a page of
	// documentation, a public transcript.
	Source string `json:"source,omitempty"`
	// Why says, where the words do not, why it means that.
	Why string `json:"why,omitempty"`
}

// Want is what a recorded answer means. Where several classes are listed, each
// would be true.
type Want struct {
	Class []Class `json:"class"`
	// Layer is asked of a denial alone.
	Layer []Layer `json:"layer,omitempty"`
}

// Holds reports whether a response says it.
func (w Want) Holds(r Response) bool {
	return slices.Contains(w.Class, r.Class) && (r.Class != Denied || len(w.Layer) == 0 || slices.Contains(w.Layer, r.Layer))
}
