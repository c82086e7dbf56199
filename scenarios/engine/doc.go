// Package engine plans a scenario and runs the plan: arms in order, intents
// before requests, one observation per planned attempt.
//
// It declares the small interfaces it needs (Target, Session, Journal, Gate)
// and imports no adapter, no catalog, no lab and no renderer.
package engine
