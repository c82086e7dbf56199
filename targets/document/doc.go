// Package document reads what servers answer, JSON and XML alike, as one kind of tree, and
// follows pointers into it. There is one rule for each: how an XML element becomes a
// value, what * stands for, and how names with a slash are written. It imports nothing
// of this module.
package document
