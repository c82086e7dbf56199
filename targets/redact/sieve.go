package redact

import (
	"encoding/binary"
	"strings"
)

// block is the length of a piece in bytes, and long that of a part that is too much
// of a secret.
const block, long = 8, 16

// sieve finds pieces of a text fast: it has a bit for each, by its hash, and most of a
// text is no piece.
type sieve struct {
	bits   [64]uint64
	places map[uint64][]int // where each begins, in what it was taken from
}

func (s *sieve) add(piece string, place int) {
	if s.places == nil {
		s.places = map[uint64][]int{}
	}
	p := binary.LittleEndian.Uint64([]byte(piece))
	s.places[p] = append(s.places[p], place)
	bit := hash(p)
	s.bits[bit/64] |= 1 << (bit % 64)
}

// hash is twelve bits of a piece (Fibonacci hashing).
func hash(piece uint64) uint64 { return piece * 0x9e3779b97f4a7c15 >> 52 }

// any reports whether a piece stands in a text at a place that counts.
func (s *sieve) any(text string, counts func(at int, places []int) bool) bool {
	if s.places == nil || len(text) < block {
		return false
	}
	piece := binary.LittleEndian.Uint64([]byte(text[:block]))
	for i := block; ; i++ {
		if bit := hash(piece); s.bits[bit/64]>>(bit%64)&1 == 1 {
			if places, ok := s.places[piece]; ok && counts(i-block, places) {
				return true
			}
		}
		if i == len(text) {
			return false
		}
		piece = piece>>8 | uint64(text[i])<<56
	}
}

// heads are the first letters of the forms that are long enough to have some: a text
// in which none of them stands holds none of these forms.
type heads struct {
	sieve sieve
	short []string // the forms that are not
}

func headsOf(forms []string) heads {
	var h heads
	for _, form := range forms {
		if len(form) < block {
			h.short = append(h.short, form)
			continue
		}
		h.sieve.add(form[:block], 0)
	}
	return h
}

// in reports whether a form may stand in a text.
func (h *heads) in(text string) bool {
	for _, form := range h.short {
		if strings.Contains(text, form) {
			return true
		}
	}
	return h.sieve.any(text, func(int, []int) bool { return true })
}

// blocks are pieces of a secret, end to end: any part of it that is nearly twice as
// long as one holds one whole.
type blocks struct {
	secret string
	sieve  sieve
}

func blocksOf(secret string) *blocks {
	if len(secret) < long+4 {
		return nil // of a shorter one nearly all would have to be there
	}
	b := &blocks{secret: secret}
	for i := 0; i+block <= len(secret); i += block {
		b.sieve.add(secret[i:i+block], i)
	}
	return b
}

// in reports whether a long part stands in a text.
func (b *blocks) in(text string) bool {
	return b != nil && b.sieve.any(text, func(at int, places []int) bool { return b.longAt(text, at, places) })
}

// longAt reports whether around a piece, which begins at a place in the text and at
// some in the secret, enough is the same.
func (b *blocks) longAt(text string, at int, places []int) bool {
	for _, place := range places {
		from, to := 0, block
		for from < at && from < place && text[at-from-1] == b.secret[place-from-1] {
			from++
		}
		for at+to < len(text) && place+to < len(b.secret) && text[at+to] == b.secret[place+to] {
			to++
		}
		if from+to >= long {
			return true
		}
	}
	return false
}
