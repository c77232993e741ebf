package api

import (
	"context"

	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// actors are the names of who did things.
type actors map[audit.Actor]string

func (s *Server) actorNames(ctx context.Context, tx pg.Tx) (actors, error) {
	accounts, err := accountNames(ctx, tx)
	if err != nil {
		return nil, err
	}
	names := actors{}
	for id, name := range accounts {
		names[audit.Actor{Kind: audit.Account, ID: id}] = name
	}
	keys, err := people.Keys(ctx, tx, s.cfg.Now())
	for _, k := range keys {
		names[audit.Actor{Kind: audit.APIKey, ID: k.ID}] = k.Name
	}
	return names, err
}

// of gives a name, else the word for the kind; nothing for nobody.
func (a actors) of(by audit.Actor) page.Message {
	switch name := a[by]; {
	case name != "":
		return page.Plain(name)
	case by.Kind == "":
		return page.Message{}
	}
	return page.Say("actor." + string(by.Kind))
}
