package probes

// ChangeControls are what evidence about changing production speaks to:
// access restrictions for change, and change control.
func ChangeControls() []string {
	return []string{"nist/cm-5", "nist/cm-5.1", "nist/cm-3", "soc2/cc8.1"}
}

// PrivilegeControls are what evidence about privileged functions speaks to:
// separation of duties, and least privilege.
func PrivilegeControls() []string {
	return []string{"nist/ac-5", "nist/ac-6.10", "nist/cm-5", "soc2/cc6.1", "soc2/cc6.3"}
}
