package hours

import (
	"context"
	"time"

	"tikklok/ingest/fleet"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// openHole is taps that are missing and that nobody gave up (I2), with the
// instants (Unix ms) of the taps on both sides.
type openHole struct {
	fleet.Hole
	after, before int64
}

func openHoles(ctx context.Context, tx pg.Tx) ([]openHole, error) {
	holes, err := fleet.Holes(ctx, tx)
	if err != nil {
		return nil, err
	}
	var out []openHole
	for _, h := range holes {
		o := openHole{Hole: h}
		if o.after, o.before, err = room(ctx, tx, h); err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// within says whether a missing tap can lie in a stretch of time.
func (h openHole) within(from, to time.Time) bool {
	return h.after < to.UnixMilli() && h.before >= from.UnixMilli()
}

func (h openHole) named() *Hole {
	return &Hole{Device: h.Device, From: int64(h.From), To: int64(h.To)}
}

// hiding gives the hole that may hide a tap of a day at a site; nil: none. A
// device whose site is unknown may be anywhere.
func hiding(holes []openHole, day calendar.Date, zone *time.Location, site int64) *Hole {
	for _, h := range holes {
		if (h.SiteID == 0 || h.SiteID == site) && h.within(day.In(zone), day.AddDays(1).In(zone)) {
			return h.named()
		}
	}
	return nil
}

// lacksTap says whether a kind is that of a tap that may be in a hole.
func (k ExceptionKind) lacksTap() bool {
	return k == MissingIn || k == MissingOut || k == MissingTap || k == MissingBreak || k == NoShow
}

// readBeside adds to a day what a person has to look at that does not follow
// from the day alone: holes of its sites, and what its employee asked.
func (x *Explanation) readBeside(ctx context.Context, tx pg.Tx, zone *time.Location) error {
	holes, err := openHoles(ctx, tx)
	if err != nil {
		return err
	}
	site, told := x.Day.site(""), false
	for i, e := range x.Day.Exceptions {
		if e.Kind.lacksTap() {
			x.Day.Exceptions[i].Hole = hiding(holes, x.Day.Date, zone, x.Day.site(e.Tap))
			told = told || x.Day.Exceptions[i].Hole != nil
		}
	}
	if h := hiding(holes, x.Day.Date, zone, site); h != nil && site != 0 && !told {
		x.Day.Exceptions = append(x.Day.Exceptions, Exception{Kind: SequenceHole, Hole: h})
	}
	x.Requests, err = readRequests(ctx, tx, "c.state = 'open' AND c.employee_id = $1 AND c.day = $2::text::date ORDER BY c.request_id",
		x.Who.ID, x.Day.Date.String())
	for _, r := range x.Requests {
		x.Day.Exceptions = append(x.Day.Exceptions, r.exception())
	}
	return err
}
