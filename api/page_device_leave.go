package api

import (
	"context"
	"net/http"
	"unicode/utf8"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// departing is one form by which a device goes: what it does, where its page is,
// and how that shows the form again.
type departure struct {
	of   string // "swap", "retire"
	path string
	show func(http.ResponseWriter, *http.Request, int, page.Form, string) error
	do   func(ctx context.Context, tx pg.Tx, id int64, with, spare int64, l fleet.Leave) error
	then pageHandler // nil: its page again
}

func (s *Server) postLeave(way departure) pageHandler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := pathID(r)
		if err != nil {
			return err
		}
		form := formOf(r, "reason", "place", "spare", "with")
		if n := utf8.RuneCountInString(form.Values["reason"]); n < 1 || n > 500 {
			form.Problems["reason"] = page.Say("problem.reason")
			return way.show(w, r, http.StatusUnprocessableEntity, form, way.of)
		}
		with, err1 := optionalID(form.Values["with"])
		spare, err2 := optionalID(form.Values["spare"])
		if err1 != nil || err2 != nil {
			return badRequest("the form is incomplete; open the page again")
		}
		do := func(ctx context.Context, tx pg.Tx) error {
			return way.do(ctx, tx, id, with, spare, s.takingAway(ctx, form.Values["reason"], form.Values["place"]))
		}
		if way.then == nil {
			return s.change(w, r, way.path+itoa(id), do)
		}
		if err := s.inTenant(r.Context(), func(tx pg.Tx) error { return do(r.Context(), tx) }); err != nil {
			return s.refuse(w, r, way.path+itoa(id), err)
		}
		return way.then(w, r)
	}
}

// gatewaySwap ends with the code for the new device, shown this once.
func (s *Server) gatewaySwap() departure {
	return departure{"swap", page.PathGateway, s.showGateway, func(ctx context.Context, tx pg.Tx, id, _, spare int64, l fleet.Leave) error {
		return fleet.SwapGateway(ctx, tx, id, spare, l)
	}, s.postGatewayCode}
}

func (s *Server) gatewayRetirement() departure {
	return departure{"retire", page.PathGateway, s.showGateway, func(ctx context.Context, tx pg.Tx, id, _, _ int64, l fleet.Leave) error {
		return fleet.RetireGateway(ctx, tx, id, l)
	}, nil}
}

func (s *Server) readerSwap() departure {
	return departure{"swap", page.PathReader, s.showReader, func(ctx context.Context, tx pg.Tx, id, with, spare int64, l fleet.Leave) error {
		return fleet.SwapReader(ctx, tx, id, fleet.ReaderSwap{With: with, Spare: spare}, l)
	}, nil}
}

func (s *Server) readerRetirement() departure {
	return departure{"retire", page.PathReader, s.showReader, func(ctx context.Context, tx pg.Tx, id, _, _ int64, l fleet.Leave) error {
		return fleet.RetireReader(ctx, tx, id, l)
	}, nil}
}

// postReaderRestore takes a retirement back.
func (s *Server) postReaderRestore(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.change(w, r, page.PathReader+itoa(id), func(ctx context.Context, tx pg.Tx) error {
		return fleet.RestoreReader(ctx, tx, callerOf(ctx).actor(), id)
	})
}
