// Package systems is the one list of the systems that sodprobe speaks to. Adding one
// is its own folders and a line here. It imports the systems, and only cmd imports
// it; nothing else in the program names a system.
package systems
