package main

import (
	"context"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// noteLook writes into the access log that somebody at the server's command
// line reads about employees, before anything is printed (OB-C4); of none
// nothing is written. The operation is the command.
func noteLook(ctx context.Context, tx pg.Tx, command string, employees ...int64) error {
	if len(employees) == 0 {
		return nil
	}
	return audit.NoteRead(ctx, tx, operator, "tikklok "+command, audit.PeopleOf(employees...))
}

// noteList is noteLook of whoever is on a list.
func noteList(ctx context.Context, tx pg.Tx, command string) error {
	return audit.NoteRead(ctx, tx, operator, "tikklok "+command, audit.People{All: true})
}
