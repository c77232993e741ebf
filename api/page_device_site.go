package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/gateway/wire"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

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
