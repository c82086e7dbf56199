// Package formats renders what a run's journal says into files, each format in a file of
// its own and all in one list. Formats stream: their memory does not grow with the
// number of attempts. They read the report and the attempts, never the run's folder.
package formats
