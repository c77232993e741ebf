package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

func (s *Server) devicesPage(w http.ResponseWriter, r *http.Request) error {
	return s.showDevices(w, r, http.StatusOK, page.Form{}, "")
}

// devices is what the page is made of.
type devices struct {
	sites       []fleet.Site
	gateways    []fleet.Gateway
	readers     []fleet.Reader
	holes       []fleet.Hole
	conflicts   []fleet.Conflict
	quarantined []fleet.Quarantined
}

func readDevices(ctx context.Context, tx pg.Tx) (d devices, err error) {
	if d.sites, err = fleet.Sites(ctx, tx); err != nil {
		return d, err
	}
	if d.gateways, err = fleet.Gateways(ctx, tx); err != nil {
		return d, err
	}
	if d.readers, err = fleet.Readers(ctx, tx); err != nil {
		return d, err
	}
	if d.holes, err = fleet.Holes(ctx, tx); err != nil {
		return d, err
	}
	if d.conflicts, err = fleet.Conflicts(ctx, tx); err != nil {
		return d, err
	}
	d.quarantined, err = fleet.Quarantine(ctx, tx)
	return d, err
}

func (s *Server) showDevices(w http.ResponseWriter, r *http.Request, status int, form page.Form, of string) error {
	v := &page.Devices{Frame: s.frame(r), Form: form, FormFor: of, MayManage: s.may(r.Context(), "CreateSite")}
	var d devices
	err := s.inTenant(r.Context(), func(tx pg.Tx) (err error) {
		d, err = readDevices(r.Context(), tx)
		return err
	})
	if err != nil {
		return err
	}
	zone := v.Now.Location()
	v.Sites = each(d.sites, func(site fleet.Site) page.DeviceSite { return d.site(site, zone) })
	v.Holes = each(d.holes, func(h fleet.Hole) page.Hole { return d.hole(h, zone) })
	v.Conflicts = each(d.conflicts, func(c fleet.Conflict) page.NameConflict {
		return page.NameConflict{ID: c.ID, Reader: c.ReaderName, Gateway: d.gateway(c.Gateway), Seq: int64(c.Seq), At: c.At.In(zone)}
	})
	v.Quarantine = each(d.quarantined, func(q fleet.Quarantined) page.Quarantined {
		return page.Quarantined{ID: q.ID, Gateway: d.gateway(q.Gateway), Reason: q.Reason, At: q.At.In(zone), Bytes: q.Bytes}
	})
	return s.render(w, status, v)
}

// gateway gives a gateway's name.
func (d devices) gateway(id int64) string {
	for _, g := range d.gateways {
		if g.ID == id {
			return g.Name
		}
	}
	return strconv.FormatInt(id, 10)
}

func (d devices) site(site fleet.Site, zone *time.Location) page.DeviceSite {
	v := page.DeviceSite{ID: site.ID, Name: site.Name}
	for _, g := range d.gateways {
		if g.Site == site.ID {
			v.Gateways = append(v.Gateways, page.Gateway{
				ID: g.ID, Name: g.Name, Online: g.Online, LastContact: in(g.LastHeard, zone), Unsent: g.Unsent, Damaged: g.Damaged,
				Clock: clockWord(g.Clock), Software: strings.TrimPrefix(g.Software, "tikklok-gateway "), Revoked: g.Revoked != nil,
			})
		}
	}
	for _, r := range d.readers {
		if r.Site == site.ID {
			v.Readers = append(v.Readers, d.reader(r, zone))
		}
	}
	return v
}

func (d devices) reader(r fleet.Reader, zone *time.Location) page.Reader {
	v := page.Reader{
		ID: r.ID, Name: r.Name, Protocol: r.Protocol, Mode: string(r.Mode), Health: r.Health, Battery: r.BatteryPercent, Stored: r.Stored,
		LastContact: in(r.LastContact, zone), Firmware: r.Firmware,
	}
	if uint64(r.Origin) < wire.FirstReader {
		v.Gateway = d.gateway(r.Origin)
	}
	return v
}

// clockWord is the page's word for a clock that nobody vouches for.
func clockWord(clock string) string {
	if clock == "undisciplined" || clock == "" {
		return "unset"
	}
	return clock
}

// in gives an instant in a zone, or zero.
func in(t *time.Time, zone *time.Location) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.In(zone)
}

func (d devices) hole(h fleet.Hole, zone *time.Location) page.Hole {
	origin, epoch, _ := strings.Cut(h.Stream.String(), "/")
	holders := each(h.HeldBy, d.gateway)
	return page.Hole{
		Key: holeKey(origin, epoch, strconv.FormatUint(h.From, 10)), Origin: origin, Epoch: epoch, From: int64(h.From), To: int64(h.To),
		Reader: h.Device, Site: h.Site, State: string(h.Kind), HeldBy: strings.Join(holders, ", "), Since: h.Since.In(zone),
	}
}

func holeKey(origin, epoch, from string) string { return origin + "/" + epoch + "/" + from }

func (s *Server) postSite(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "name")
	if form.Values["name"] == "" {
		form.Problems["name"] = page.Say("problem.required")
		return s.showDevices(w, r, http.StatusUnprocessableEntity, form, "site")
	}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		_, err := fleet.AddSite(r.Context(), tx, callerOf(r.Context()).actor(), form.Values["name"])
		return err
	})
	if err != nil {
		return s.refuse(w, r, page.PathDevices, err)
	}
	return s.done(w, r, page.PathDevices, notice{Key: "notice.saved"})
}

// postReader changes what was sent of a reader: its name, its mode.
func (s *Server) postReader(w http.ResponseWriter, r *http.Request) error {
	reader, err := pathID(r)
	if err != nil {
		return err
	}
	form := formOf(r, "name", "mode")
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		now, err := fleet.ReaderByID(r.Context(), tx, reader)
		if err != nil {
			return err
		}
		if name := form.Values["name"]; name != "" {
			now.Name = name
		}
		if mode := form.Values["mode"]; mode != "" {
			now.Mode = fleet.Mode(mode)
		}
		return fleet.UpdateReader(r.Context(), tx, callerOf(r.Context()).actor(), reader, now.Name, now.Mode)
	})
	if err != nil {
		return s.refuse(w, r, page.PathDevices, err)
	}
	return s.done(w, r, page.PathDevices, notice{Key: "notice.saved"})
}

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
	alarm, err := id(r.FormValue("id"))
	if err != nil {
		return err
	}
	closing := fleet.CloseConflict
	switch r.FormValue("kind") {
	case "conflict":
	case "quarantine":
		closing = fleet.CloseQuarantine
	default:
		return badRequest("the kind is conflict or quarantine")
	}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		return closing(r.Context(), tx, callerOf(r.Context()).actor(), alarm, s.cfg.Now())
	})
	if err != nil {
		return s.refuse(w, r, page.PathDevices, err)
	}
	return s.done(w, r, page.PathDevices, notice{Key: "notice.closed"})
}
