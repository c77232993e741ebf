package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/tenant"
)

// Month is a calendar month in a zone.
type Month struct{ First time.Time }

// MonthOf gives a month by its name, as 2026-10. One that has not begun is
// ErrInvalid, as nothing can be proved of it.
func MonthOf(name string, zone *time.Location, now time.Time) (Month, error) {
	first, err := time.ParseInLocation("2006-01", name, zone)
	if err != nil {
		return Month{}, fmt.Errorf("%w: the month %q is not of the form 2026-10", ErrInvalid, name)
	}
	if first.After(now) {
		return Month{}, fmt.Errorf("%w: the month %s has not begun", ErrInvalid, name)
	}
	return Month{first}, nil
}

// LastWhole gives the month before the one of now.
func LastWhole(zone *time.Location, now time.Time) Month {
	y, m, _ := now.In(zone).Date()
	return Month{time.Date(y, m-1, 1, 0, 0, 0, 0, zone)}
}

// String is the month's name.
func (m Month) String() string { return m.First.Format("2006-01") }

// Before is the month before.
func (m Month) Before() Month { return Month{m.First.AddDate(0, -1, 0)} }

// holds says whether a moment is in the month.
func (m Month) holds(t time.Time) bool {
	return !t.Before(m.First) && t.Before(m.First.AddDate(0, 1, 0))
}

// moment is what proofs are held against: the month's end, or now while it runs.
func (m Month) moment(now time.Time) time.Time {
	if end := m.First.AddDate(0, 1, 0); end.Before(now) {
		return end
	}
	return now
}

// last gives the moment, or the last instant of the month where the moment is
// its end, which is the next month's first.
func (m Month) last(moment time.Time) time.Time {
	if m.holds(moment) {
		return moment
	}
	return moment.Add(-time.Nanosecond)
}

// Pack is the evidence of a month for a tenant.
type Pack struct {
	Form        int       `json:"form"` // of this document: 2
	Tenant      string    `json:"tenant"`
	Contract    string    `json:"contract"` // the preset that it was recorded by; "": none is recorded
	Month       string    `json:"month"`
	AsOf        time.Time `json:"as_of"` // what proofs are held against: the month's end, or when it was made while the month ran
	MadeAt      time.Time `json:"made_at"`
	Program     string    `json:"program"` // version that ran then
	Demo        bool      `json:"demo"`    // of a demo company in a temporary database
	Counts      Counts    `json:"counts"`
	Yours       Counts    `json:"your_counts,omitzero"` // of the obligations in the tenant's contract
	Obligations []Row     `json:"obligations"`
}

// Order is what a pack is made of.
type Order struct {
	Tenant    string
	Month     Month
	Now       time.Time
	Program   string // version of it
	Demo      bool
	Catalogue privacy.Catalogue
}

// Make looks for all proofs, and judges them.
func Make(ctx context.Context, tx pg.Tx, o Order) (Pack, error) {
	r, err := Load()
	if err != nil {
		return Pack{}, err
	}
	moment := o.Month.moment(o.Now)
	found, program, err := look(ctx, tx, r, o, moment)
	if err != nil {
		return Pack{}, err
	}
	contract, err := profileIn(ctx, tx, o.Month.last(moment).In(o.Month.First.Location()))
	if err != nil {
		return Pack{}, err
	}
	p := Pack{Form: 2, Tenant: o.Tenant, Contract: string(contract), Month: o.Month.String(), AsOf: moment.UTC().Truncate(time.Second), MadeAt: o.Now.UTC().Truncate(time.Second),
		Program: program, Demo: o.Demo, Obligations: r.Judge(found, Moment{moment, program})}
	p.Counts = Count(p.Obligations)
	if contract != "" {
		p.claim(contract)
	}
	return p, nil
}

// claim marks what stands in the tenant's contract, and counts it.
func (p *Pack) claim(contract tenant.ProfileName) {
	var own []Row
	for i := range p.Obligations {
		row := &p.Obligations[i]
		if row.Yours = Yours(row.Source, contract); row.Yours != "" {
			own = append(own, *row)
		}
	}
	p.Yours = Count(own)
}

// bytes are what is hashed and signed: JSON without spaces.
func (p Pack) bytes() ([]byte, error) {
	raw, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("writing an evidence pack: %w", err)
	}
	return compact(raw)
}

func compact(raw []byte) ([]byte, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return b.Bytes(), nil
}
