// Package web renders a report as one HTML page that loads nothing from
// elsewhere, needs no JavaScript, and prints.
//
// It imports reports, and is pure.
package web
