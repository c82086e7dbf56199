// Package redact takes secrets out of text that is stored or printed. It finds
// them as they are and in the encodings in which a server, a library or a shell
// may repeat them, and leaves out a text that holds a long part of one. It knows
// no system, and imports nothing of this module.
package redact
