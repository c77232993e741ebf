package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
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

	facts        map[int64]fleet.Facts   // of gateways that were not retired
	findings     map[int64]fleet.Finding // the same
	told         map[int64]*time.Time    // when a gateway told its state
	readerUsers  map[int64]int
	gatewayUsers map[int64]int
}

func readDevices(ctx context.Context, tx pg.Tx, now time.Time) (d devices, err error) {
	if err := d.readFindings(ctx, tx, now); err != nil {
		return d, err
	}
	if d.readerUsers, d.gatewayUsers, err = hours.Users(ctx, tx, now.AddDate(0, 0, -drawnDays)); err != nil {
		return d, err
	}
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

// readFindings diagnoses every gateway (OB-H11).
func (d *devices) readFindings(ctx context.Context, tx pg.Tx, now time.Time) error {
	all, err := fleet.AllFacts(ctx, tx, now)
	if err != nil {
		return err
	}
	d.facts, d.findings, d.told = map[int64]fleet.Facts{}, map[int64]fleet.Finding{}, map[int64]*time.Time{}
	for _, f := range all {
		d.facts[f.ID], d.findings[f.ID], d.told[f.ID] = f, fleet.Diagnose(f, now), f.Told.At
	}
	return nil
}

func (s *Server) showDevices(w http.ResponseWriter, r *http.Request, status int, form page.Form, of string, more ...deviceSection) error {
	v := &page.Devices{Frame: s.frame(r), Form: form, FormFor: of, MayManage: s.may(r.Context(), "CreateSite")}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		d, err := readDevices(r.Context(), tx, v.Now)
		if err != nil {
			return err
		}
		d.show(v)
		if err := s.fillStock(r.Context(), tx, d, v); err != nil {
			return err
		}
		for _, section := range append(s.deviceSections(), more...) {
			if err := section(r.Context(), tx, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.render(w, status, v)
}

// deviceSection fills one section of the Devices page: it may use what stands in
// v.Sites already.
type deviceSection func(ctx context.Context, tx pg.Tx, v *page.Devices) error

// deviceSections are the sections that others fill, each in its own file
// page_device_SECTION.go.
func (s *Server) deviceSections() []deviceSection {
	return []deviceSection{s.keySection, s.enrolmentSection, s.uncertainSection}
}

func (d devices) show(v *page.Devices) {
	zone := v.Now.Location()
	v.Sites = each(d.sites, func(site fleet.Site) page.DeviceSite { return d.site(site, v.Now) })
	worst := func(s page.DeviceSite) int {
		if len(s.Gateways) == 0 {
			return 0
		}
		return gravity(s.Gateways[0])
	}
	slices.SortStableFunc(v.Sites, func(a, b page.DeviceSite) int { return worst(b) - worst(a) })
	v.Tally = d.tally()
	v.Holes = each(d.holes, func(h fleet.Hole) page.Hole { return d.hole(h, zone) })
	v.Conflicts = each(d.conflicts, func(c fleet.Conflict) page.NameConflict {
		return page.NameConflict{ID: c.ID, Reader: c.ReaderName, Gateway: d.gateway(c.Gateway), Seq: int64(c.Seq), At: c.At.In(zone)}
	})
	v.Quarantine = each(d.quarantined, func(q fleet.Quarantined) page.Quarantined {
		return page.Quarantined{ID: q.ID, Gateway: d.gateway(q.Gateway), Word: q.Word(), Reason: q.Reason, At: q.At.In(zone), Bytes: q.Bytes}
	})
}

func (d devices) tally() (t page.DeviceTally) {
	for _, g := range d.gateways {
		if !g.InUse() {
			continue
		}
		t.Gateways++
		if g.Online {
			t.Online++
		}
		if v := d.findings[g.ID].Verdict; v == fleet.VerdictSuspect || v == fleet.VerdictFailing {
			t.Wrong++
		}
	}
	for _, r := range d.readers {
		if r.InUse() {
			t.Readers++
		}
	}
	return t
}
