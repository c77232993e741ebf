package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
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
	return itoa(id)
}

func (d devices) site(site fleet.Site, now time.Time) page.DeviceSite {
	v := page.DeviceSite{ID: site.ID, Name: site.Name}
	for _, g := range d.gateways {
		if g.Site == site.ID && g.Retired == nil {
			v.Gateways = append(v.Gateways, d.gatewayRow(g, now))
		}
	}
	slices.SortStableFunc(v.Gateways, func(a, b page.Gateway) int { return gravity(b) - gravity(a) })
	for _, r := range d.readers {
		if r.Site == site.ID && r.InUse() {
			v.Readers = append(v.Readers, d.reader(r, now))
		}
	}
	return v
}

func (d devices) gatewayRow(g fleet.Gateway, now time.Time) page.Gateway {
	v := page.Gateway{
		ID: g.ID, Name: g.Name, Online: g.Online, LastContact: in(g.LastHeard, now.Location()), Unsent: g.Unsent, Damaged: g.Damaged,
		Clock: clockWord(g.Clock), Software: strings.TrimPrefix(g.Software, "tikklok-gateway "), Revoked: g.Revoked != nil,
		Users: usersOf(d.gatewayUsers[g.ID]), Enrolment: page.GatewayEnrolment{Until: in(g.CertificateUntil, now.Location())},
	}
	if f, ok := d.findings[g.ID]; ok {
		v.Chain = chainOf(f, now)
	}
	return v
}

// gravity puts what somebody should look at first.
func gravity(g page.Gateway) int {
	return slices.Index([]string{"", "ok", "unknown", "suspect", "failing"}, g.Chain.Verdict)
}

// chainOf puts a diagnosis in the page's words.
func chainOf(f fleet.Finding, now time.Time) page.Chain {
	said := func(e fleet.Evidence) page.Message { return page.Found(e, now) }
	c := page.Chain{Verdict: string(f.Verdict), Remedy: page.Remedy(f.Remedy)}
	for _, s := range f.Chain {
		link := page.ChainLink{Name: string(s.Link), Verdict: string(s.Verdict), Remedy: page.Remedy(s.Remedy), Evidence: each(s.Evidence, said)}
		c.Links = append(c.Links, link)
		if len(f.Culprits) > 0 && s.Link == f.Culprits[0] {
			c.Causes = link.Evidence
		}
	}
	return c
}

func usersOf(n int) page.Users { return page.Users{Count: n, Norm: string(fleet.NormOf(n))} }

func (d devices) reader(r fleet.Reader, now time.Time) page.Reader {
	zone := now.Location()
	v := page.Reader{
		ID: r.ID, Name: r.Name, Protocol: r.Protocol, Mode: string(r.Mode), Health: fleet.HealthOf(r.Health).Word, HealthText: r.Health,
		HealthSince: in(r.HealthSince, zone), Battery: r.BatteryPercent, Stored: r.Stored, LastContact: in(r.LastContact, zone),
		Firmware: r.Firmware, Signal: r.Signal, Users: usersOf(d.readerUsers[r.ID]),
	}
	if uint64(r.Origin) < wire.FirstReader {
		v.Gateway = d.gateway(r.Origin)
		told := d.told[r.Origin]
		v.Unlisted = r.Listed != nil && told != nil && r.Listed.Before(*told)
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

func (s *Server) postSiteNew(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "name")
	if form.Values["name"] == "" {
		form.Problems["name"] = page.Say("problem.required")
		return s.showDevices(w, r, http.StatusUnprocessableEntity, form, "site")
	}
	return s.change(w, r, page.PathDevices, func(ctx context.Context, tx pg.Tx) error {
		_, err := fleet.AddSite(ctx, tx, callerOf(ctx).actor(), form.Values["name"])
		return err
	})
}

func (s *Server) postSite(w http.ResponseWriter, r *http.Request) error {
	site, err := pathID(r)
	if err != nil {
		return err
	}
	return s.change(w, r, page.PathDevices, func(ctx context.Context, tx pg.Tx) error {
		return fleet.RenameSite(ctx, tx, callerOf(ctx).actor(), site, strings.TrimSpace(r.FormValue("name")))
	})
}

// change does one thing in the caller's tenant, and tells how it went on the
// page where the form stood, or on another.
func (s *Server) change(w http.ResponseWriter, r *http.Request, back string, do func(context.Context, pg.Tx) error) error {
	if err := s.inTenant(r.Context(), func(tx pg.Tx) error { return do(r.Context(), tx) }); err != nil {
		return s.refuse(w, r, back, err)
	}
	return s.done(w, r, back, notice{Key: "notice.saved"})
}

// postReader changes what was sent of a reader: its name, its mode, its site.
func (s *Server) postReader(w http.ResponseWriter, r *http.Request) error {
	reader, err := pathID(r)
	if err != nil {
		return err
	}
	form := formOf(r, "name", "mode", "site")
	site, err := optionalID(form.Values["site"])
	if err != nil {
		return err
	}
	back := page.PathDevices
	if form.Values["name"] != "" { // from the reader's own page
		back = page.PathReader + itoa(reader)
	}
	return s.change(w, r, back, func(ctx context.Context, tx pg.Tx) error {
		now, err := fleet.ReaderByID(ctx, tx, reader)
		if err != nil {
			return err
		}
		if site != 0 && site != now.Site {
			if err := moveReader(ctx, tx, now, site); err != nil {
				return err
			}
		}
		mode := fleet.Mode(cmp.Or(form.Values["mode"], string(now.Mode)))
		return fleet.UpdateReader(ctx, tx, callerOf(ctx).actor(), reader, cmp.Or(form.Values["name"], now.Name), mode)
	})
}

// postGateway changes what was sent of a gateway: its name, its site.
func (s *Server) postGateway(w http.ResponseWriter, r *http.Request) error {
	gateway, err := pathID(r)
	if err != nil {
		return err
	}
	site, err := optionalID(r.FormValue("site"))
	if err != nil {
		return err
	}
	return s.change(w, r, page.PathGateway+itoa(gateway), func(ctx context.Context, tx pg.Tx) error {
		return changeGateway(ctx, tx, gateway, strings.TrimSpace(r.FormValue("name")), site)
	})
}
