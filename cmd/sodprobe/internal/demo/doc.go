// Package demo makes all that the demo runs on: simulated systems, a scenario for them,
// and people who sign it with throwaway keys. Only here does the program know that the
// lab exists. It runs nothing itself and prints nothing.
package demo
