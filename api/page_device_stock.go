package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// fillStock shows what is out, spare and lost (OB-H7, OB-H8).
func (s *Server) fillStock(ctx context.Context, tx pg.Tx, d devices, v *page.Devices) error {
	shelf, err := fleet.Shelf(ctx, tx)
	if err != nil {
		return err
	}
	fobs, err := fleet.CountFobs(ctx, tx, v.Now)
	if err != nil {
		return err
	}
	names, err := accountNames(ctx, tx)
	if err != nil {
		return err
	}
	v.Stock = d.stock(shelf, fobs, v)
	v.Stock.Retired = d.retired(names, v)
	return nil
}

func (d devices) stock(shelf []fleet.Hardware, fobs []fleet.FobCount, v *page.Devices) page.DeviceStock {
	stock := page.DeviceStock{}
	lines := map[string]*page.StockLine{"gateway": &stock.Gateways, "reader": &stock.Readers}
	for _, g := range d.gateways {
		if g.InUse() && g.LastHeard != nil { // one that never came is no device yet
			stock.Gateways.InUse++
		}
	}
	for _, r := range d.readers {
		if r.InUse() {
			stock.Readers.InUse++
		}
	}
	for _, h := range shelf {
		if h.Place == fleet.PlaceInUse {
			continue // counted as what it is now
		}
		*placeOf(lines[h.Kind], h.Place)++
		stock.Shelf = append(stock.Shelf, hardwareLine(h, v.Now.Location()))
	}
	stock.Fobs = each(fobs, func(f fleet.FobCount) page.FobStock {
		return page.FobStock{Design: f.Design, Out: f.By[fleet.StatusIssued], InStock: f.By[fleet.StatusInStock],
			Lost: f.By[fleet.StatusLost] + f.By[fleet.StatusBlocked], Returned: f.By[fleet.StatusReturned], LostAYear: f.LostOfYear}
	})
	return stock
}

func placeOf(l *page.StockLine, place string) *int {
	switch place {
	case fleet.PlaceSpare:
		return &l.Spare
	case fleet.PlaceDefective:
		return &l.Defective
	case fleet.PlaceReturned:
		return &l.Returned
	}
	return &l.Lost
}

func hardwareLine(h fleet.Hardware, zone *time.Location) page.Hardware {
	return page.Hardware{ID: h.ID, Kind: h.Kind, Label: h.Label, Place: h.Place, Reason: h.Reason, Since: h.Since.In(zone)}
}

// retired lists what was taken out of use, gateways first.
func (d devices) retired(names map[int64]string, v *page.Devices) (all []page.RetiredDevice) {
	for _, g := range d.gateways {
		if g.Retired != nil {
			all = append(all, *d.retiredDevice("gateway", g.ID, g.Site, g.Name, g.Retired, names, v.Now.Location()))
		}
	}
	for _, r := range d.readers {
		if !r.InUse() {
			all = append(all, *d.retiredDevice("reader", r.ID, r.Site, r.Name, r.Retired, names, v.Now.Location()))
		}
	}
	return all
}

func (d devices) retiredDevice(kind string, id, site int64, name string, r *fleet.Retirement, names map[int64]string, zone *time.Location) *page.RetiredDevice {
	return &page.RetiredDevice{Kind: kind, ID: id, Name: name, Site: d.siteName(site), At: r.At.In(zone), By: names[r.By], Reason: r.Reason}
}

func (d devices) siteName(id int64) string {
	for _, s := range d.sites {
		if s.ID == id {
			return s.Name
		}
	}
	return itoa(id)
}

// postShelf puts a spare device on the shelf.
func (s *Server) postShelf(w http.ResponseWriter, r *http.Request) error {
	form := formOf(r, "kind", "label")
	if form.Values["label"] == "" {
		form.Problems["label"] = page.Say("problem.required")
		return s.showDevices(w, r, http.StatusUnprocessableEntity, form, "shelf")
	}
	return s.change(w, r, page.PathDevices, func(ctx context.Context, tx pg.Tx) error {
		_, err := fleet.AddHardware(ctx, tx, callerOf(ctx).actor(), fleet.Hardware{Kind: form.Values["kind"], Label: form.Values["label"]})
		return err
	})
}

// postShelved says where a device of the shelf is now.
func (s *Server) postShelved(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.change(w, r, page.PathDevices, func(ctx context.Context, tx pg.Tx) error {
		return fleet.PlaceHardware(ctx, tx, callerOf(ctx).actor(), id, r.FormValue("place"), strings.TrimSpace(r.FormValue("reason")), s.cfg.Now())
	})
}
