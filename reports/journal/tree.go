package journal

import "golang.org/x/mod/sumdb/tlog"

// Tree is the RFC 6962 Merkle tree over a journal's lines, kept as the few
// hashes of its complete subtrees: memory grows with the logarithm of its
// size. The zero value is the empty tree. It is not safe for concurrent use.
type Tree struct {
	size  int64
	peaks []tlog.Hash // complete subtrees, largest first
}

// Add appends one line, newline included.
func (t *Tree) Add(line []byte) {
	h := tlog.RecordHash(line)
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.peaks) - 1
		h = tlog.NodeHash(t.peaks[last], h)
		t.peaks = t.peaks[:last]
	}
	t.peaks = append(t.peaks, h)
	t.size++
}

// Size is the number of lines.
func (t *Tree) Size() int64 { return t.size }

// Root is the hash over all lines. That of the empty tree is zero.
func (t *Tree) Root() tlog.Hash {
	if len(t.peaks) == 0 {
		return tlog.Hash{}
	}
	h := t.peaks[len(t.peaks)-1]
	for i := len(t.peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.peaks[i], h)
	}
	return h
}
