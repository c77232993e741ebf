package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"tikklok/firmware-sim"
	"tikklok/gateway/wire"
)

// arrived waits until nothing more comes, and compares tap by tap.
func (t *troubles) arrived(ctx context.Context, v *verdict) error {
	enrolment, err := t.enrolment()
	if err != nil {
		return err
	}
	db, err := openDatabase(ctx, t.path("db"))
	if err != nil {
		return err
	}
	defer db.close(ctx)
	if v.lines, err = sim.ReadLedger(t.ledgerFile()); err != nil {
		return err
	}
	wait := until(ctx, "all taps", 60*time.Second, func() (bool, error) {
		rows, err := db.registrations(ctx)
		if err != nil {
			return false, err
		}
		v.compareTaps(rows, enrolment, t.kills)
		return v.lost == 0, nil
	})
	if wait != nil {
		fmt.Println(wait) // the verdict says what is missing
	}
	return ctx.Err()
}

func (w *world) enrolment() (wire.Enrolment, error) {
	var e wire.Enrolment
	b, err := os.ReadFile(w.path("gateway.json"))
	if err != nil {
		return e, fmt.Errorf("the gateway's file: %w", err)
	}
	if err := json.Unmarshal(b, &e); err != nil {
		return e, fmt.Errorf("the gateway's file: %w", err)
	}
	return e, nil
}

// compareTaps holds rows against the ledger: by name for readers with memory,
// one to one by fob and order for the others.
func (v *verdict) compareTaps(rows []row, e wire.Enrolment, kills []time.Time) {
	v.taps, v.registrations, v.lost, v.duplicates, v.unstorable = 0, len(rows), 0, 0, 0
	named, desk := map[wire.Name]wire.Token{}, map[wire.Token][]row{}
	for _, r := range rows {
		if r.key != "" {
			desk[r.token] = append(desk[r.token], r)
			continue
		}
		if _, twice := named[r.name]; twice {
			v.duplicates++
		}
		named[r.name] = r.token
	}
	presented := map[wire.Token][]sim.Line{}
	for _, l := range v.known() {
		token := e.TokenKey.Token(sim.Fob(uint64(l.Fob)))
		switch l.Outcome {
		case sim.Stored:
			v.taps++
			if named[l.Name()] != token {
				v.lost++
			}
			delete(named, l.Name())
		case sim.Presented:
			v.taps++
			presented[token] = append(presented[token], l)
		case sim.Unstorable:
			v.taps++
			v.unstorable++
		}
	}
	v.duplicates += len(named) // names that nobody gave
	for token, lines := range presented {
		v.match(lines, desk[token], kills)
		delete(desk, token)
	}
	for _, rest := range desk {
		v.duplicates += len(rest)
	}
}

const (
	// handling is how much later than its presentation a tap on a reader
	// without memory may be read.
	handling = 2 * time.Second
	// inFlight is how long before the gateway dies such a tap may still stand
	// on the line or in its memory: nobody but the gateway can keep it (I2).
	inFlight = 250 * time.Millisecond
)

// match pairs presentations of one fob with registrations of its token, both in
// order of time.
func (v *verdict) match(lines []sim.Line, rows []row, kills []time.Time) {
	slices.SortFunc(rows, func(a, b row) int { return int(a.wall - b.wall) })
	for _, l := range lines {
		if len(rows) > 0 {
			late := time.UnixMilli(rows[0].wall).Sub(l.At)
			if late > -10*time.Millisecond && late < handling {
				rows = rows[1:]
				continue
			}
		}
		if slices.ContainsFunc(kills, func(k time.Time) bool { return k.After(l.At) && k.Sub(l.At) < inFlight }) {
			v.unstorable++
			continue
		}
		v.lost++
	}
	v.duplicates += len(rows)
}
