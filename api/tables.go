package api

import (
	"slices"

	"tikklok/ingest/privacy"
)

// Tables declares what this room keeps (I7).
func Tables() []privacy.Table {
	const room = "api"
	return []privacy.Table{
		{Name: "session", Room: room, Subjects: []privacy.Group{privacy.Employees, privacy.Users},
			Why: privacy.SigningIn, Basis: privacy.ByInterest, Class: privacy.SignIns, Readers: []privacy.Reader{privacy.Programs}, Source: privacy.FromProgram, Erase: privacy.EraseByRoom,
			Fields: slices.Concat(privacy.Each(privacy.Secret, "token_hash"), privacy.Each(privacy.Structured, "data"), privacy.Each(privacy.Moment, "expiry")),
			Plain:  []string{}},
	}
}
