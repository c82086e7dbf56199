package journal_test

import (
	"testing"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/reports/journal"
	"github.com/sodprobe/sodprobe/targets"
)

func TestCompare(t *testing.T) {
	there := journal.StateRead{Key: "a", MustExist: true, StateRead: targets.StateRead{Read: true, Exists: true, Digest: "1"}}
	with := func(change func(*journal.StateRead)) journal.StateRead {
		s := there
		change(&s)
		return s
	}
	absent := journal.StateRead{Key: "a", StateRead: targets.StateRead{Read: true}}
	unread := journal.StateRead{Key: "a", MustExist: true, StateRead: targets.StateRead{Problem: "refused"}}
	marked := func(marks ...string) journal.StateRead {
		return with(func(s *journal.StateRead) { s.Digest, s.Ours, s.Marks = "2", true, marks })
	}
	ours := marked("a17")
	theirs := with(func(s *journal.StateRead) { s.Digest = "2" })
	other := with(func(s *journal.StateRead) { s.Key = "b" })
	type reads = []journal.StateRead
	for name, c := range map[string]struct {
		before, after reads
		target        targets.Proof
		state         probes.StateChange
	}{
		"unchanged":            {reads{there}, reads{there}, targets.Proven, probes.StateUnchanged},
		"ours":                 {reads{there}, reads{ours}, targets.Proven, probes.StateChangedByUs},
		"theirs":               {reads{there}, reads{theirs}, targets.Proven, probes.StateChangedByOther},
		"ours before":          {reads{with(func(s *journal.StateRead) { s.Ours, s.Marks = true, []string{"a17"} })}, reads{ours}, targets.Proven, probes.StateChangedByArm},
		"another attempt's":    {reads{there}, reads{marked("a1")}, targets.Proven, probes.StateChangedByArm},
		"the positive arm's":   {reads{there}, reads{marked("p")}, targets.Proven, probes.StateChangedByArm},
		"nobody knows whose":   {reads{there}, reads{marked(targets.Unmarked)}, targets.Proven, probes.StateChangedByArm},
		"ours beats the rest":  {reads{there}, reads{marked("a17", "p")}, targets.Proven, probes.StateChangedByUs},
		"an arm beats unread":  {reads{there, other}, reads{marked("b17")}, targets.Proven, probes.StateChangedByArm},
		"an old record's":      {reads{there}, reads{marked()}, targets.Proven, probes.StateChangedByUs},
		"created by us":        {reads{absent}, reads{with(func(s *journal.StateRead) { s.Ours, s.Marks, s.MustExist = true, []string{"a17"}, false })}, targets.Unset, probes.StateChangedByUs},
		"nothing read":         {nil, nil, targets.Unset, probes.StateUnread},
		"never asked again":    {reads{there}, nil, targets.Proven, probes.StateUnread},
		"unread before":        {reads{unread}, reads{there}, targets.Failed, probes.StateUnread},
		"unread after":         {reads{there}, reads{unread}, targets.Proven, probes.StateUnread},
		"missing":              {reads{with(func(s *journal.StateRead) { s.Exists = false })}, reads{with(func(s *journal.StateRead) { s.Exists = false })}, targets.Failed, probes.StateUnchanged},
		"one of two missing":   {reads{there, unread}, reads{there, unread}, targets.Failed, probes.StateUnread},
		"order does not count": {reads{there, other}, reads{other, there}, targets.Proven, probes.StateUnchanged},
		"ours beats unread":    {reads{there, other}, reads{ours}, targets.Proven, probes.StateChangedByUs},
		"another key":          {reads{there}, reads{other}, targets.Proven, probes.StateUnread},
	} {
		t.Run(name, func(t *testing.T) {
			target, state := journal.Compare(c.before, c.after, 17)
			if target != c.target || state != c.state {
				t.Errorf("got %q %q, want %q %q", target, state, c.target, c.state)
			}
		})
	}
}
