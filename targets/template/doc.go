// Package template fills the templates of rules, requests and markers: {name} stands
// for a value, {{ and }} for a brace. It is strict, since a template with a hole in it
// could mean something else. It imports nothing of this module.
package template
