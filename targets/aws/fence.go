package aws

import "encoding/json"

// DenyAll is the session policy that takes every right away.
const DenyAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`

type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Effect    string
	Action    []string `json:",omitempty"`
	NotAction []string `json:",omitempty"`
	Resource  string
}

// fence is the session policy of one attempt: the action on its resource and
// what the action needs beside itself, and nothing else. The second statement
// holds against policies of resources as well, which a session policy that
// only leaves something out does not.
func fence(action, resource string, dependents []string) string {
	if resource == "" {
		resource = "*"
	}
	p := policy{Version: "2012-10-17", Statement: []statement{{Effect: "Allow", Action: []string{action}, Resource: resource}}}
	if len(dependents) > 0 {
		p.Statement = append(p.Statement, statement{Effect: "Allow", Action: dependents, Resource: "*"})
	}
	p.Statement = append(p.Statement, statement{Effect: "Deny", NotAction: append([]string{action}, dependents...), Resource: "*"})
	return p.text()
}

// without is the session policy of the null arm: the action under test has to be
// what is refused, so that what it needs beside itself stays allowed.
func without(dependents []string) string {
	if len(dependents) == 0 {
		return DenyAll
	}
	return policy{Version: "2012-10-17", Statement: []statement{
		{Effect: "Allow", Action: dependents, Resource: "*"},
		{Effect: "Deny", NotAction: dependents, Resource: "*"},
	}}.text()
}

// readOnly is the session policy of observers.
func readOnly() string {
	return policy{Version: "2012-10-17", Statement: []statement{{Effect: "Allow", Action: reads(), Resource: "*"}}}.text()
}

func (p policy) text() string {
	b, err := json.Marshal(p)
	if err != nil {
		return DenyAll // strings always encode
	}
	return string(b)
}
