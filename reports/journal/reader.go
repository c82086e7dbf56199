package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// MaxLine is the longest line that a reader accepts, in bytes. A body is cut
// at 64 KiB, and JSON makes at most six bytes of one.
const MaxLine = 4 << 20

// ErrTorn marks a last line without its newline: the writer was killed in the
// middle of it.
var ErrTorn = errors.New("the last line is torn: the run did not end; see sodprobe cleanup")

// Types returns the closed list of line types.
func Types() []Type {
	return []Type{
		TypeRunStart, TypeRunSigned, TypePin, TypeIdentity, TypeState, TypeReview, TypeIntent, TypeArm,
		TypeObservation, TypeStop, TypeRunEnd, TypeRunRecover, TypeRecSigned,
	}
}

// Line is one line as it was written.
type Line struct {
	Entry
	// Raw holds the exact bytes, newline included. It and Body, which is a part of
	// it, are valid until the next line is read.
	Raw []byte
}

// Read yields a journal's lines in order. It stops at the first line that is
// not a line of a journal: broken JSON, an unknown field or type, a number or
// a run out of order. The error names the line, counted from 1.
func Read(r io.Reader) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		run := ""
		for seq := int64(0); ; seq++ {
			raw, err := readLine(in)
			if errors.Is(err, io.EOF) {
				return
			}
			var line Line
			if err == nil {
				line, err = parse(raw, seq, &run)
			}
			if err != nil {
				yield(Line{Raw: raw}, fmt.Errorf("journal line %d: %w", seq+1, err))
				return
			}
			if !yield(line, nil) {
				return
			}
		}
	}
}

// readLine reads one line with its newline.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > MaxLine:
			return nil, fmt.Errorf("it is longer than %d bytes", MaxLine)
		case err == nil:
			return line, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, ErrTorn
		default:
			return nil, err
		}
	}
}

func parse(raw []byte, seq int64, run *string) (Line, error) {
	e, asWritten := split(raw)
	if !asWritten {
		e = Entry{}
		if err := Decode(raw, &e); err != nil {
			return Line{}, err
		}
	}
	if seq == 0 {
		*run = e.Run
	}
	switch {
	case e.V != 1:
		return Line{}, fmt.Errorf("version %d is not known", e.V)
	case e.Seq != seq:
		return Line{}, fmt.Errorf("it has the number %d, want %d", e.Seq, seq)
	case e.Run == "" || e.Run != *run:
		return Line{}, fmt.Errorf("it is of run %q, want %q", e.Run, *run)
	case !slices.Contains(Types(), e.Type):
		return Line{}, fmt.Errorf("type %q is not known", e.Type)
	}
	return Line{Entry: e, Raw: raw}, nil
}

// split reads a line in the form in which the writer wrote it, with the body last, and
// decodes only what stands before the body. The separator cannot occur inside a string,
// where its quotation marks would be escaped.
func split(raw []byte) (e Entry, asWritten bool) {
	head, rest, found := bytes.Cut(bytes.TrimSuffix(raw, []byte("\n")), []byte(`,"body":`))
	body, closed := bytes.CutSuffix(rest, []byte("}"))
	brackets := bytes.Count(body, []byte("{")) + bytes.Count(body, []byte("["))
	if !found || !closed || brackets >= maxDepth || !json.Valid(body) {
		return Entry{}, false
	}
	err := Decode(slices.Concat(head, []byte(`,"body":0}`)), &e)
	e.Body = slices.Clip(body)
	return e, err == nil
}

// maxDepth is how deep encoding/json lets a document nest, the whole line counted.
const maxDepth = 10000

// Decode reads exactly one JSON value with no unknown field in it.
func Decode(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows after the JSON value")
	}
	return nil
}
