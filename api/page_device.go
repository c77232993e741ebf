package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// drawnDays is how far back a device's own page draws.
const drawnDays = 30

func (s *Server) gatewayPage(w http.ResponseWriter, r *http.Request) error {
	return s.showGateway(w, r, http.StatusOK, page.Form{}, "")
}

func (s *Server) showGateway(w http.ResponseWriter, r *http.Request, status int, form page.Form, of string) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v := &page.GatewayDetail{Frame: s.frame(r), Form: form, FormFor: of, MayManage: s.may(r.Context(), "RetireGateway")}
	if err := s.inTenant(r.Context(), func(tx pg.Tx) error { return s.fillGateway(r.Context(), tx, id, v) }); err != nil {
		return err
	}
	return s.render(w, status, v)
}

func (s *Server) fillGateway(ctx context.Context, tx pg.Tx, id int64, v *page.GatewayDetail) error {
	g, err := fleet.GatewayByID(ctx, tx, id)
	if err != nil {
		return err
	}
	d, err := readDevices(ctx, tx, v.Now)
	if err != nil {
		return err
	}
	v.Gateway, v.Site, v.SiteID = d.gatewayRow(g, v.Now), d.siteName(g.Site), g.Site
	v.Facts = gatewayFacts(g, d.facts[id].Told, v.Now)
	for _, r := range d.facts[id].Readers {
		v.Readers = append(v.Readers, d.reader(r, v.Now))
	}
	v.Sites = d.siteOptions(g.Site)
	if v.Gateway, err = s.withEnrolment(ctx, tx, v.Frame, v.Gateway); err != nil {
		return err
	}
	from := v.Now.AddDate(0, 0, -drawnDays)
	samples, err := fleet.GatewayHistory(ctx, tx, id, from)
	if err != nil {
		return err
	}
	v.Signal, v.Connects, v.Unsent, v.Bytes = gatewayCharts(samples, from, v.Now)
	outages, err := fleet.Outages(ctx, tx, id, from)
	if err != nil {
		return err
	}
	v.Outages = each(outages[:min(len(outages), 20)], func(o fleet.Outage) page.Outage {
		return page.Outage{Since: o.Since.In(v.Now.Location()), Until: o.Until.In(v.Now.Location()), Cause: o.Cause}
	})
	shelf, err := fleet.Shelf(ctx, tx)
	if err != nil {
		return err
	}
	v.Served, v.Spares = servedHere(shelf, v.Now.Location(), func(h fleet.Hardware) bool { return h.Gateway == id }), spares(shelf, "gateway")
	if g.Retired != nil {
		names, err := accountNames(ctx, tx)
		if err != nil {
			return err
		}
		v.Retired = d.retiredDevice("gateway", id, g.Site, g.Name, g.Retired, names, v.Now.Location())
	}
	return nil
}

// withEnrolment says of one gateway what the Devices page says of it.
func (s *Server) withEnrolment(ctx context.Context, tx pg.Tx, f page.Frame, g page.Gateway) (page.Gateway, error) {
	v := page.Devices{Frame: f, Sites: []page.DeviceSite{{Gateways: []page.Gateway{g}}}}
	err := s.enrolmentSection(ctx, tx, &v)
	return v.Sites[0].Gateways[0], err
}

func gatewayFacts(g fleet.Gateway, t fleet.Told, now time.Time) page.GatewayFacts {
	zone := now.Location()
	until := g.CertificateUntil
	if t.CertificateUntil != nil {
		until = t.CertificateUntil
	}
	f := page.GatewayFacts{Told: in(t.At, zone), Booted: in(t.Booted, zone), CertificateUntil: in(until, zone), Signal: t.Signal, Lost: t.Lost}
	if t.At != nil && t.At.UTC().Month() == now.UTC().Month() { // it counts by the calendar month
		f.MonthBytes = t.MonthBytes
	}
	return f
}

// gatewayCharts draws signal and waiting taps by the hour, connections and
// traffic by the day.
func gatewayCharts(samples []fleet.Sample, from, now time.Time) (signal, connects, unsent, bytes page.Chart) {
	frame := page.Chart{From: from, To: now}
	signal, unsent = frame, frame
	signal.Low, signal.High, signal.Mark = -120, -50, -105
	for _, s := range samples {
		if s.Signal != 0 {
			signal.Points = append(signal.Points, page.Point{At: s.At, Value: float64(s.Signal)})
		}
		unsent.Points = append(unsent.Points, page.Point{At: s.At, Value: float64(s.Unsent)})
	}
	return signal, byDay(samples, frame, now, func(s fleet.Sample) int64 { return s.Connections }), unsent,
		byDay(samples, frame, now, func(s fleet.Sample) int64 { return s.Bytes })
}

// byDay adds hours up to days of the reader's zone.
func byDay(samples []fleet.Sample, c page.Chart, now time.Time, of func(fleet.Sample) int64) page.Chart {
	c.Bars, c.Step = true, 24*time.Hour
	for _, s := range samples {
		y, m, d := s.At.In(now.Location()).Date()
		day := time.Date(y, m, d, 0, 0, 0, 0, now.Location())
		if n := len(c.Points); n == 0 || !c.Points[n-1].At.Equal(day) {
			c.Points = append(c.Points, page.Point{At: day})
		}
		c.Points[len(c.Points)-1].Value += float64(of(s))
	}
	return c
}

// servedHere lists the devices that once had a place.
func servedHere(shelf []fleet.Hardware, zone *time.Location, here func(fleet.Hardware) bool) (all []page.Hardware) {
	for _, h := range shelf {
		if h.Place != fleet.PlaceInUse && here(h) {
			all = append(all, hardwareLine(h, zone))
		}
	}
	return all
}

// spares are the devices of the shelf that may go in; none: no choice.
func spares(shelf []fleet.Hardware, kind string) (options []page.Option) {
	for _, h := range shelf {
		if h.Place == fleet.PlaceSpare && h.Kind == kind {
			options = append(options, page.Option{Value: itoa(h.ID), Label: h.Label})
		}
	}
	if options != nil {
		options = slices.Insert(options, 0, page.Option{Label: "–"})
	}
	return options
}

func (d devices) siteOptions(chosen int64) []page.Option {
	return each(d.sites, func(s fleet.Site) page.Option {
		return page.Option{Value: itoa(s.ID), Label: s.Name, Chosen: s.ID == chosen}
	})
}

func (s *Server) readerPage(w http.ResponseWriter, r *http.Request) error {
	return s.showReader(w, r, http.StatusOK, page.Form{}, "")
}

func (s *Server) showReader(w http.ResponseWriter, r *http.Request, status int, form page.Form, of string) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v := &page.ReaderDetail{Frame: s.frame(r), Form: form, FormFor: of, MayManage: s.may(r.Context(), "RetireReader")}
	if err := s.inTenant(r.Context(), func(tx pg.Tx) error { return s.fillReader(r.Context(), tx, id, v) }); err != nil {
		return err
	}
	return s.render(w, status, v)
}

func (s *Server) fillReader(ctx context.Context, tx pg.Tx, id int64, v *page.ReaderDetail) error {
	r, err := fleet.ReaderByID(ctx, tx, id)
	if err != nil {
		return err
	}
	d, err := readDevices(ctx, tx, v.Now)
	if err != nil {
		return err
	}
	v.Reader, v.Site, v.SiteID, v.Memory, v.Sites = d.reader(r, v.Now), d.siteName(r.Site), r.Site, r.Memory(), d.siteOptions(r.Site)
	if !v.Memory {
		v.GatewayID = r.Origin
	}
	from := v.Now.AddDate(0, 0, -drawnDays)
	samples, err := fleet.ReaderHistory(ctx, tx, id, from)
	if err != nil {
		return err
	}
	v.Battery, v.Radio, v.Kept = readerCharts(samples, from, v.Now)
	shelf, err := fleet.Shelf(ctx, tx)
	if err != nil {
		return err
	}
	v.Served, v.Spares = servedHere(shelf, v.Now.Location(), func(h fleet.Hardware) bool { return h.Reader == id }), spares(shelf, "reader")
	names, err := accountNames(ctx, tx)
	if err != nil {
		return err
	}
	d.kin(r, names, v)
	return nil
}

// kin shows what stood in a reader's place before, and after it.
func (d devices) kin(r fleet.Reader, names map[int64]string, v *page.ReaderDetail) {
	if !r.InUse() {
		v.Retired = d.retiredDevice("reader", r.ID, r.Site, r.Name, r.Retired, names, v.Now.Location())
	}
	for _, o := range d.readers {
		switch {
		case o.Replaces == r.ID:
			v.Successor = &page.Option{Value: itoa(o.ID), Label: o.Name + " (" + itoa(o.ID) + ")"}
		case o.ID == r.Replaces && o.Retired != nil:
			v.Replaces = d.retiredDevice("reader", o.ID, o.Site, o.Name, o.Retired, names, v.Now.Location())
		case o.ID != r.ID && o.Memory() && o.InUse() && o.Replaces == 0:
			v.Others = append(v.Others, page.Option{Value: itoa(o.ID), Label: o.Name + " · " + d.siteName(o.Site)})
		}
	}
}

func readerCharts(samples []fleet.ReaderSample, from, now time.Time) (battery, radio, kept page.Chart) {
	frame := page.Chart{From: from, To: now}
	battery, radio, kept = frame, frame, frame
	battery.High, battery.Mark = 100, 20
	radio.Low, radio.High = -120, -40
	for _, s := range samples {
		if s.Battery > 0 {
			battery.Points = append(battery.Points, page.Point{At: s.At, Value: float64(s.Battery)})
		}
		if s.Signal != 0 {
			radio.Points = append(radio.Points, page.Point{At: s.At, Value: float64(s.Signal)})
		}
		kept.Points = append(kept.Points, page.Point{At: s.At, Value: float64(s.Stored)})
	}
	return battery, radio, kept
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }
