package journal

import "github.com/sodprobe/sodprobe/probes"

// Compare says what two rounds of reads of the same things show: whether the
// target was there, and whether it changed. before and after are matched by
// Key; a read that is missing on either side counts as unread.
//
// A change is ours if what stands there afterwards carries this run's marker
// and did not before; any other change is another writer's.
func Compare(before, after []StateRead) (probes.Proof, probes.StateChange) {
	later := make(map[string]StateRead, len(after))
	for _, s := range after {
		later[s.Key] = s
	}
	target, change := probes.Unset, probes.StateUnchanged
	if len(before) == 0 {
		change = probes.StateUnread
	}
	for _, b := range before {
		a, ok := later[b.Key]
		switch {
		case !ok || !a.Read || !b.Read:
			change = worse(change, probes.StateUnread)
		case a.Exists != b.Exists || a.Digest != b.Digest:
			if a.Ours && !b.Ours {
				change = worse(change, probes.StateChangedByUs)
			} else {
				change = worse(change, probes.StateChangedByOther)
			}
		}
		if b.MustExist && target != probes.Failed {
			target = existence(b)
		}
	}
	return target, change
}

// existence is the proof that one read gives. An object that could not be
// read proves nothing; it fails the proof, since one failed target is enough.
func existence(s StateRead) probes.Proof {
	if s.Read && s.Exists {
		return probes.Proven
	}
	return probes.Failed
}

// worse keeps the more serious of two findings: our own change above
// everything, then an unread state, then another writer's change.
func worse(a, b probes.StateChange) probes.StateChange {
	rank := map[probes.StateChange]int{
		probes.StateUnchanged: 0, probes.StateChangedByOther: 1, probes.StateUnread: 2, probes.StateChangedByUs: 3,
	}
	if rank[b] > rank[a] {
		return b
	}
	return a
}
