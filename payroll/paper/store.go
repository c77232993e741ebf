package paper

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

// batch is how many employees are read at a time: their approvals, a few
// kilobytes a week each, are all that is in memory.
const batch = 50

// Print writes what is asked for to w, read and written employee by employee,
// and says what it is; ErrNothing where nobody has such hours. All of it is of
// one moment, whatever is approved meanwhile. What was written before an error
// is no paper: throw it away.
func Print(ctx context.Context, db *pg.DB, tenant int64, w io.Writer, o Order) (f File, err error) {
	if err := o.check(); err != nil {
		return File{}, err
	}
	if _, err := audit.Link(ctx, db, tenant); err != nil { // evidence names the place of an approval in the chain
		return File{}, err
	}
	err = db.AsOf(ctx, tenant, func(tx pg.Tx) error {
		f, err = printAsOf(ctx, tx, w, o)
		return err
	})
	return f, err
}

func printAsOf(ctx context.Context, tx pg.Tx, w io.Writer, o Order) (File, error) {
	r, err := readRegister(ctx, tx, o.Language)
	if err != nil {
		return File{}, err
	}
	who, err := hours.WithHours(ctx, tx, o.Period, o.Employee, o.Site)
	if err != nil {
		return File{}, err
	}
	if len(who) == 0 {
		return File{}, ErrNothing
	}
	people.SortByName(who, hours.Who.Name)
	switch o.Kind {
	case Timesheets:
		return printTimesheets(w, o, r, len(who), timesheetsOf(ctx, tx, o, r, who))
	case EvidenceCSV:
		return printTable(w, o, r, evidenceOf(ctx, tx, o, r, who))
	}
	return printEvidence(w, o, r, len(who), evidenceOf(ctx, tx, o, r, who))
}

func readRegister(ctx context.Context, tx pg.Tx, language string) (*register, error) {
	t, err := tenant.Get(ctx, tx)
	if err != nil {
		return nil, err
	}
	if language == "" {
		language = t.Language
	}
	r := &register{tenant: t.Name, accounts: map[int64]string{}, sites: map[int64]string{}, hirers: map[int64]string{}}
	if r.words, err = wordsOf(language); err != nil {
		return nil, err
	}
	if r.zone, err = time.LoadLocation(t.Zone); err != nil {
		return nil, fmt.Errorf("zone %q of the organisation: %w", t.Zone, err)
	}
	accounts, err := people.Accounts(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		r.accounts[a.ID] = a.Name
	}
	sites, err := fleet.Sites(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, s := range sites {
		r.sites[s.ID] = s.Name
	}
	hirers, err := people.Hirers(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, h := range hirers {
		r.hirers[h.ID] = h.Name
	}
	r.work, err = hours.WorkAt(ctx, tx)
	return r, err
}

// batches gives some employees with their approvals, a batch read at a time.
func batches(ctx context.Context, tx pg.Tx, period calendar.Period, zone *time.Location, who []hours.Who) iter.Seq2[[]hours.Who, frozenBatch] {
	from, before := bounds(period, zone)
	return func(yield func([]hours.Who, frozenBatch) bool) {
		for some := range slices.Chunk(who, batch) {
			b := frozenBatch{of: map[int64][]hours.Frozen{}}
			for _, w := range some {
				b.ids = append(b.ids, w.ID)
			}
			all, err := hours.FrozenOf(ctx, tx, b.ids, period, from, before)
			b.err = err
			for _, f := range all {
				b.of[f.Snapshot.Employee] = append(b.of[f.Snapshot.Employee], f)
			}
			if !yield(some, b) || err != nil {
				return
			}
		}
	}
}

type frozenBatch struct {
	ids []int64
	of  map[int64][]hours.Frozen
	err error
}

func timesheetsOf(ctx context.Context, tx pg.Tx, o Order, r *register, who []hours.Who) iter.Seq2[Timesheet, error] {
	weeks := calendar.Period{From: o.Period.From.Week().Monday(), To: o.Period.To.Week().Sunday()}
	return func(yield func(Timesheet, error) bool) {
		for some, b := range batches(ctx, tx, o.Period, r.zone, who) {
			days, err := hours.ComputedDays(ctx, tx, b.ids, weeks)
			if b.err != nil {
				err = b.err
			}
			if err != nil {
				yield(Timesheet{}, err)
				return
			}
			computed := map[int64][]hours.Day{}
			for _, d := range days {
				computed[d.Employee] = append(computed[d.Employee], d)
			}
			for _, w := range some {
				if !yield(timesheetOf(w, o.Period, b.of[w.ID], computed[w.ID], o.Site, r), nil) {
					return
				}
			}
		}
	}
}

func evidenceOf(ctx context.Context, tx pg.Tx, o Order, r *register, who []hours.Who) iter.Seq2[[]Sheet, error] {
	return func(yield func([]Sheet, error) bool) {
		for some, b := range batches(ctx, tx, o.Period, r.zone, who) {
			proofs, err := readProofs(ctx, tx, b, r)
			if b.err != nil {
				err = b.err
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, w := range some {
				if !yield(sheetsOf(w, o, b.of[w.ID], proofs, r), nil) {
					return
				}
			}
		}
	}
}

// readProofs gives what the approvals of a batch are checked by.
func readProofs(ctx context.Context, tx pg.Tx, b frozenBatch, r *register) (map[int64]Proof, error) {
	proofs := map[int64]Proof{}
	for _, all := range b.of {
		for _, f := range all {
			proofs[f.Approval] = Proof{Approval: f.Approval, Corrects: f.Corrects != 0, Levels: r.levels(f), Reason: f.Snapshot.Reason, Hash: f.Hash, At: f.At, Altered: f.Altered}
		}
	}
	entries, err := entriesOf(ctx, tx, b.ids)
	for id, p := range proofs {
		if e, ok := entries[id]; ok && e.approved == hex.EncodeToString(p.Hash[:]) {
			p.Entry, p.Chain = e.Seq, e.Hash
			proofs[id] = p
		}
	}
	return proofs, err
}

// approving is the action under which the audit log tells of approvals.
const approving = "timesheet.approve"

// entry is what the audit log says of an approval.
type entry struct {
	audit.Placed
	approved string // the hash that was approved
}

// entriesOf gives the log's entries of employees' approvals; one whose content
// was purged names none (OB-P6).
func entriesOf(ctx context.Context, tx pg.Tx, employees []int64) (map[int64]entry, error) {
	all, err := audit.About(ctx, tx, approving, employees)
	if err != nil {
		return nil, err
	}
	out := map[int64]entry{}
	for _, e := range all {
		if said, err := saidBy(e); err == nil {
			out[said.Approval] = entry{e, said.Hash}
		}
	}
	return out, nil
}

// said is what an entry tells of an approval.
type said struct {
	Approval int64         `json:"approval"`
	Corrects int64         `json:"corrects"`
	Week     calendar.Week `json:"week"`
	Hash     string        `json:"hash"`
}

func saidBy(e audit.Placed) (s said, err error) {
	if err = json.Unmarshal(e.Payload, &s); err != nil {
		err = fmt.Errorf("entry %d of the audit log can't be read: %w", e.Seq, err)
	}
	return s, err
}
