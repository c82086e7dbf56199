package journal

// StopReason is why a run stopped admitting arms. The list is closed.
type StopReason string

// The reasons.
const (
	StopPermitted   StopReason = "permitted"     // an attempt got through
	StopMutated     StopReason = "mutated"       // something changed
	StopInterrupted StopReason = "interrupted"   // somebody asked it to
	StopRefused     StopReason = "refused"       // a target is not the approved one
	StopWindow      StopReason = "window-closed" // the approved time is over, or has not begun
	StopBudget      StopReason = "budget"        // maxRequests is used up
	StopFile        StopReason = "stop-file"     // the kill switch is set
	StopWithdrawn   StopReason = "withdrawn"     // the approval was withdrawn
	StopError       StopReason = "error"         // the record cannot be kept
)

// Status is how a run ended. The list is closed.
type Status string

// The statuses.
const (
	Completed   Status = "completed"
	Interrupted Status = "interrupted"
	Refused     Status = "refused"
	Stopped     Status = "stopped"
	// NotEnded is the status of a run whose record has no end. No record says it.
	NotEnded Status = "not ended"
)

// StatusOf is the status of a run that stopped for a reason, "" for none.
func StatusOf(reason StopReason) Status {
	switch reason {
	case "":
		return Completed
	case StopInterrupted:
		return Interrupted
	case StopRefused:
		return Refused
	case StopPermitted, StopMutated, StopWindow, StopBudget, StopFile, StopWithdrawn, StopError:
	}
	return Stopped
}
