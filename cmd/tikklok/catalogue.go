package main

import (
	"slices"

	"tikklok/ingest/privacy"
)

// catalogue is what every room declares of its tables, in the order in which
// rooms stand, so that each comes after those that it refers to (I7).
func catalogue() privacy.Catalogue {
	return slices.Concat(privacy.Tables())
}
