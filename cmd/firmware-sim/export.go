package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"
)

// total names what control totals sum: an employee's minutes under a code.
type total struct{ number, code string }

// components is the code map of a CSV destination.
var components = map[string]string{"100": "1000", "120": "1200", "140": "1400", "200": "2000", "200F": "2001",
	overtimeCode: "1500", moreCode: "1100", travelCode: "3000", callCode: "1050", "absent": "9000"}

// intervals is that of a SETU destination.
var intervals = map[string]string{"100": "Regular 100", "120": "Shift 120", "140": "Shift 140", overtimeCode: "Overtime 150", moreCode: "Overtime 100", "200": "Overtime 200", "200F": "Overtimeplus 200"}

// hourTypes is that of a SETU 2.0 destination.
var hourTypes = map[string]string{"100": "HT100", "120": "HT120", "140": "HT140", overtimeCode: "HT150", moreCode: "HT110", "200": "HT200", "200F": "HT201"}

// sent is a run and the file that it gave.
type sent struct {
	run         int64
	destination int64
	path        string
	file        []byte
}

// export approves both weeks, makes a run for each format, pulls it twice with
// a payroll key, and compares it with the timesheets (OB-H4).
func (v *verdict) export(ctx context.Context, w *world, to time.Time) error {
	if err := v.approveAll(ctx, w, to); err != nil {
		return err
	}
	var key struct{ Key string }
	if err := w.api.call(ctx, "POST", "/api/v1/keys", map[string]any{"name": "payroll package", "scopes": []string{"payroll"}}, &key); err != nil {
		return err
	}
	v.puller = w.api.withKey(key.Key)
	own, err := w.destination(ctx, "payroll", "csv", map[string]string{"columns": "employee_number,date,code,component,minutes,hours", "decimal": "point"}, components)
	if err != nil {
		return err
	}
	if v.pack, err = openPack(ctx, w, own); err != nil {
		return err
	}
	last := to.AddDate(0, 0, -1)
	if v.first, err = v.run(ctx, w, own, w.people.Begin, last); err != nil {
		return err
	}
	if err := v.compareCSV(v.first.file, v.approved()); err != nil {
		return err
	}
	if err := v.takeIn(ctx, w, v.first); err != nil {
		return err
	}
	return v.exportSETU(ctx, w, last)
}

// exportSETU sends the same hours to two more destinations, which the package
// has no business with.
func (v *verdict) exportSETU(ctx context.Context, w *world, last time.Time) error {
	for _, f := range []struct {
		format string
		codes  map[string]string
		read   func(*zip.File) (number string, hours []setuHours, err error)
	}{
		{"setu-1.4", intervals, readCard},
		{"setu-2.0", hourTypes, readCard20},
	} {
		destination, err := w.destination(ctx, f.format, f.format, map[string]string{"customer_id": "10001", "supplier_id": "20002"}, f.codes)
		if err != nil {
			return err
		}
		cards, err := v.run(ctx, w, destination, w.people.Begin, last)
		if err != nil {
			return err
		}
		if _, err := v.pack.client.raw(ctx, "GET", cards.path+"/file", nil); err == nil {
			v.exportDiff++
			v.note("%s: the key of another destination pulled it", cards.path)
		}
		if err := v.compareSETU(f.format, cards.file, f.codes, f.read); err != nil {
			return err
		}
	}
	return nil
}

// approveAll approves every week as it was seen.
func (v *verdict) approveAll(ctx context.Context, w *world, to time.Time) error {
	v.sheets = nil
	for monday := w.people.Begin; monday.Before(to); monday = monday.AddDate(0, 0, 7) {
		if err := v.approve(ctx, w, monday); err != nil {
			return err
		}
	}
	return nil
}

func (v *verdict) approve(ctx context.Context, w *world, monday time.Time) error {
	year, n := monday.ISOWeek()
	week := fmt.Sprintf("%d-W%02d", year, n)
	sheets, err := w.timesheets(ctx, week)
	if err != nil {
		return err
	}
	var whose []int64
	seen := map[string]string{}
	for _, t := range sheets {
		if t.State != "approved" || len(t.Pending) > 0 {
			whose, seen[fmt.Sprint(t.Employee)] = append(whose, t.Employee), t.Seen
		}
	}
	var results struct {
		Items []struct {
			Employee int64 `json:"employee_id"`
			Done     bool
			Problem  string
		}
	}
	err = w.api.call(ctx, "POST", "/api/v1/timesheets/approve", map[string]any{
		"week": week, "employee_ids": whose, "seen": seen, "reason": "what is asked about was looked at"}, &results)
	if err != nil {
		return err
	}
	for _, r := range results.Items {
		if !r.Done {
			v.note("week %s of employee %d was not approved: %s", week, r.Employee, r.Problem)
			v.exportDiff++
		}
	}
	sheets, err = w.timesheets(ctx, week)
	v.sheets = append(v.sheets, sheets...)
	return err
}

func (w *world) timesheets(ctx context.Context, week string) ([]timesheet, error) {
	var list struct{ Items []timesheet }
	err := w.api.call(ctx, "GET", "/api/v1/timesheets?week="+week, nil, &list)
	return list.Items, err
}

// destination makes one with its codes.
func (w *world) destination(ctx context.Context, name, format string, settings, codes map[string]string) (int64, error) {
	var made struct{ ID int64 }
	err := w.api.call(ctx, "POST", "/api/v1/destinations", map[string]any{"name": name, "format": format, "settings": settings}, &made)
	if err != nil {
		return 0, err
	}
	return made.ID, w.api.call(ctx, "PUT", fmt.Sprintf("/api/v1/destinations/%d/codes", made.ID), map[string]any{"codes": codes}, nil)
}

// run makes a run of some days, and gets its file twice.
func (v *verdict) run(ctx context.Context, w *world, destination int64, from, last time.Time) (s sent, err error) {
	var made struct{ ID int64 }
	err = w.api.call(ctx, "POST", "/api/v1/runs", map[string]any{
		"destination_id": destination, "from": from.Format(time.DateOnly), "to": last.Format(time.DateOnly)}, &made)
	if err != nil {
		return s, err
	}
	if v.kill {
		w.server.kill()
		if err := w.startServer(ctx); err != nil {
			return s, err
		}
	}
	s = sent{run: made.ID, destination: destination, path: fmt.Sprintf("/api/v1/runs/%d", made.ID)}
	if s.file, err = v.puller.raw(ctx, "GET", s.path+"/file", nil); err != nil {
		return s, err
	}
	return s, v.same(ctx, w, s)
}

// same pulls a run once more: its bytes never change, and are those of its
// hash (I8).
func (v *verdict) same(ctx context.Context, w *world, s sent) error {
	again, err := v.puller.raw(ctx, "GET", s.path+"/file", nil)
	if err != nil {
		return err
	}
	var run struct{ SHA256 string }
	if err := w.api.call(ctx, "GET", s.path, nil, &run); err != nil {
		return err
	}
	if sum := sha256.Sum256(s.file); !bytes.Equal(s.file, again) || hex.EncodeToString(sum[:]) != run.SHA256 {
		v.exportDiff++
		v.note("%s: another pull gave other bytes, or not those of the run's hash", s.path)
	}
	held, err := v.puller.unchanged(ctx, s.path+"/file", `"`+run.SHA256+`"`)
	if err == nil && !held {
		v.exportDiff++
		v.note("%s: who holds the file was sent it again", s.path)
	}
	return err
}

// approved sums the timesheets.
func (v *verdict) approved() map[total]int {
	sums := map[total]int{}
	for _, s := range v.sheets {
		for _, c := range s.Codes {
			sums[total{s.Number, c.Code}] += c.Minutes
		}
	}
	return sums
}

// compareCSV holds a file against what was to be sent.
func (v *verdict) compareCSV(file []byte, wanted map[total]int) error {
	r := csv.NewReader(bytes.NewReader(file))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		return fmt.Errorf("reading the exported file: %w", err)
	}
	minutes, hours := map[total]int{}, map[total]float64{}
	for _, row := range rows[1:] {
		t := total{row[0], row[2]}
		m, err := strconv.Atoi(row[4])
		if err != nil {
			return fmt.Errorf("reading the exported file: %w", err)
		}
		h, err := strconv.ParseFloat(row[5], 64)
		if err != nil {
			return fmt.Errorf("reading the exported file: %w", err)
		}
		minutes[t] += m
		hours[t] += h
		v.exportLines++
	}
	for t, want := range wanted {
		v.exportDiff += abs(want - minutes[t])
		delete(minutes, t)
	}
	for _, extra := range minutes {
		v.exportDiff += abs(extra)
	}
	v.compareHundredths("csv", hours, wanted)
	return nil
}

// compareHundredths holds decimal hours against the minutes: half a unit, a
// two-hundredth of an hour, per total.
func (v *verdict) compareHundredths(format string, hours map[total]float64, wanted map[total]int) {
	for t, want := range wanted {
		if off := math.Abs(hours[t]*60 - float64(want)); off > 0.3+1e-6 {
			v.exportDiff += int(math.Ceil(off))
			v.note("%s: %s code %s: %.2f hours for %d minutes", format, t.number, t.code, hours[t], want)
		}
	}
}
