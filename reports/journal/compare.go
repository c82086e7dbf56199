package journal

import (
	"slices"

	"github.com/sodprobe/sodprobe/probes"
	"github.com/sodprobe/sodprobe/targets"
)

// Compare says what two rounds of reads of the same things show: whether the
// target was there, and whether it changed. before and after are matched by
// Key; a read that is missing on either side counts as unread.
//
// A change belongs to whoever's mark stands there afterwards and did not
// before: the attempt of number n, another arm of this run, or, where there is
// no mark of this run, another writer.
func Compare(before, after []StateRead, n int64) (targets.Proof, probes.StateChange) {
	later := make(map[string]StateRead, len(after))
	for _, s := range after {
		later[s.Key] = s
	}
	target, change := targets.Unset, probes.StateUnchanged
	if len(before) == 0 {
		change = probes.StateUnread
	}
	for _, b := range before {
		a, ok := later[b.Key]
		switch {
		case !ok || !a.Read || !b.Read:
			change = worse(change, probes.StateUnread)
		case len(b.Marks) > 0: // of what this run did before
			change = worse(change, probes.StateChangedByArm)
		case a.Exists != b.Exists || a.Digest != b.Digest:
			change = worse(change, writer(b, a, n))
		}
		if b.MustExist && target != targets.Failed {
			target = existence(b)
		}
	}
	return target, change
}

// Elsewhere adds to what became of the target what two rounds of reads show
// beside it, as at the allowed place: the mark of an arm of this run. Changes
// by others are not looked for, since other people work there.
func Elsewhere(change probes.StateChange, before, after []StateRead) probes.StateChange {
	marked := map[string]bool{}
	for _, b := range before {
		for _, mark := range b.Marks {
			marked[b.Key+" "+mark] = true
		}
	}
	for _, a := range after {
		for _, mark := range a.Marks {
			if !marked[a.Key+" "+mark] {
				return worse(change, probes.StateChangedByArm)
			}
		}
	}
	return change
}

// writer says whose change lies between two reads.
func writer(b, a StateRead, n int64) probes.StateChange {
	added := slices.DeleteFunc(slices.Clone(a.Marks), func(mark string) bool { return slices.Contains(b.Marks, mark) })
	switch {
	case slices.Contains(added, targets.Mark("", targets.ArmAttempt, n)[1:]):
		return probes.StateChangedByUs
	case len(added) > 0:
		return probes.StateChangedByArm
	case a.Ours && !b.Ours && len(a.Marks) == 0: // a record of before arms had marks
		return probes.StateChangedByUs
	default:
		return probes.StateChangedByOther
	}
}

// existence is the proof that one read gives. An object that could not be
// read proves nothing; it fails the proof, since one failed target is enough.
func existence(s StateRead) targets.Proof {
	if s.Shown() {
		return targets.Proven
	}
	return targets.Failed
}

// worse keeps the more serious of two findings: our own change above
// everything, then another arm's, then an unread state, then another writer's
// change.
func worse(a, b probes.StateChange) probes.StateChange {
	rank := map[probes.StateChange]int{
		probes.StateUnchanged: 0, probes.StateChangedByOther: 1, probes.StateUnread: 2, probes.StateChangedByArm: 3, probes.StateChangedByUs: 4,
	}
	if rank[b] > rank[a] {
		return b
	}
	return a
}
