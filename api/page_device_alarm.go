package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

func (d devices) hole(h fleet.Hole, zone *time.Location) page.Hole {
	origin, epoch, _ := strings.Cut(h.Stream.String(), "/")
	holders := each(h.HeldBy, d.gateway)
	return page.Hole{
		Key: holeKey(origin, epoch, strconv.FormatUint(h.From, 10)), Origin: origin, Epoch: epoch, From: int64(h.From), To: int64(h.To),
		Reader: h.Device, Site: h.Site, State: string(h.Kind), HeldBy: strings.Join(holders, ", "), Since: h.Since.In(zone),
	}
}

func holeKey(origin, epoch, from string) string { return origin + "/" + epoch + "/" + from }

// postGiveUp records that the caller no longer waits for taps (I2).
func (s *Server) postGiveUp(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "origin", "epoch", "from", "to", "reason")
	v := form.Values
	if n := len(v["reason"]); n < 1 || n > 500 {
		form.Problems["reason"] = page.Say("problem.reason")
		return s.showDevices(w, r, http.StatusUnprocessableEntity, form, holeKey(v["origin"], v["epoch"], v["from"]))
	}
	stream, err := parseStream(v["origin"] + "/" + v["epoch"])
	if err != nil {
		return err
	}
	from, err1 := strconv.ParseUint(v["from"], 10, 63)
	to, err2 := strconv.ParseUint(v["to"], 10, 63)
	if err1 != nil || err2 != nil {
		return badRequest("the form is incomplete; open the page again")
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		return fleet.GiveUp(r.Context(), tx, callerOf(r.Context()).actor(), stream, from, to, v["reason"])
	})
	if err != nil {
		return s.refuse(w, r, page.PathDevices, err)
	}
	return s.done(w, r, page.PathDevices, notice{Key: "notice.given-up"})
}

// postAlarm writes down that the caller has seen to an alarm.
func (s *Server) postAlarm(w http.ResponseWriter, r *http.Request) error {
	closing := fleet.CloseConflict
	switch r.FormValue("kind") {
	case "conflict":
	case "quarantine":
		closing = fleet.CloseQuarantine
	case "twin":
		closing = fleet.CloseTwinConflict
	default:
		return badRequest("the kind is conflict, quarantine or twin")
	}
	return s.changeOne(w, r, "id", page.PathDevices, "notice.closed", closing)
}
