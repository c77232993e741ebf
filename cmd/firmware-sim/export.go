package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// total names what control totals sum: an employee's minutes under a code.
type total struct{ number, code string }

// components is the code map of both destinations.
var components = map[string]string{"100": "1000", "120": "1200", "140": "1400", "200": "2000", "200F": "2001"}

var intervals = map[string]string{"100": "Regular 100", "120": "Shift 120", "140": "Shift 140", "200": "Overtime 200", "200F": "Overtimeplus 200"}

// export approves both weeks, makes a run for each format, pulls it twice with
// a payroll key, and compares it with the timesheets.
func (v *verdict) export(ctx context.Context, w *world, to time.Time) error {
	for monday := w.people.Begin; monday.Before(to); monday = monday.AddDate(0, 0, 7) {
		if err := v.approve(ctx, w, monday); err != nil {
			return err
		}
	}
	var key struct{ Key string }
	if err := w.api.call(ctx, "POST", "/api/v1/keys", map[string]any{"name": "payroll package", "scopes": []string{"payroll"}}, &key); err != nil {
		return err
	}
	puller := w.api.withKey(key.Key)
	file, err := v.pull(ctx, w, puller, to, "csv", map[string]string{"columns": "employee_number,date,code,component,minutes,hours", "decimal": "point"}, components)
	if err != nil {
		return err
	}
	if err := v.compareCSV(file); err != nil {
		return err
	}
	file, err = v.pull(ctx, w, puller, to, "setu-1.4", map[string]string{"customer_id": "10001", "supplier_id": "20002"}, intervals)
	if err != nil {
		return err
	}
	return v.compareSETU(file)
}

func (v *verdict) approve(ctx context.Context, w *world, monday time.Time) error {
	year, n := monday.ISOWeek()
	week := fmt.Sprintf("%d-W%02d", year, n)
	var results struct {
		Items []struct {
			Employee    int64 `json:"employee_id"`
			Done        bool
			NeedsReason bool `json:"needs_reason"`
			Problem     string
		}
	}
	err := w.api.call(ctx, "POST", "/api/v1/timesheets/approve", map[string]any{"week": week, "employee_ids": w.names, "reason": "what the Act asks about was looked at"}, &results)
	if err != nil {
		return err
	}
	for _, r := range results.Items {
		if !r.Done {
			v.note("week %s of employee %d was not approved: %s", week, r.Employee, r.Problem)
			v.exportDiff++
		}
	}
	var list struct{ Items []timesheet }
	if err := w.api.call(ctx, "GET", "/api/v1/timesheets?week="+week, nil, &list); err != nil {
		return err
	}
	v.sheets = append(v.sheets, list.Items...)
	return nil
}

// pull makes a destination and a run, and gets the file twice.
func (v *verdict) pull(ctx context.Context, w *world, puller *client, to time.Time, format string, settings, codes map[string]string) ([]byte, error) {
	var destination, made struct{ ID int64 }
	err := w.api.call(ctx, "POST", "/api/v1/destinations", map[string]any{"name": format, "format": format, "settings": settings}, &destination)
	if err != nil {
		return nil, err
	}
	if err := w.api.call(ctx, "PUT", fmt.Sprintf("/api/v1/destinations/%d/codes", destination.ID), map[string]any{"codes": codes}, nil); err != nil {
		return nil, err
	}
	err = w.api.call(ctx, "POST", "/api/v1/runs", map[string]any{
		"destination_id": destination.ID, "from": w.people.Begin.Format(time.DateOnly), "to": to.AddDate(0, 0, -1).Format(time.DateOnly),
	}, &made)
	if err != nil {
		return nil, err
	}
	path := fmt.Sprintf("/api/v1/runs/%d", made.ID)
	first, err := puller.raw(ctx, "GET", path+"/file", nil)
	if err != nil {
		return nil, err
	}
	again, err := puller.raw(ctx, "GET", path+"/file", nil)
	if err != nil {
		return nil, err
	}
	var run struct{ SHA256 string }
	if err := w.api.call(ctx, "GET", path, nil, &run); err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(first); !bytes.Equal(first, again) || hex.EncodeToString(sum[:]) != run.SHA256 {
		v.exportDiff++
		v.note("%s: a second pull gave other bytes, or not those of the run's hash", format)
	}
	return first, nil
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

func (v *verdict) compareCSV(file []byte) error {
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
	for t, want := range v.approved() {
		v.exportDiff += abs(want - minutes[t])
		delete(minutes, t)
	}
	for _, extra := range minutes {
		v.exportDiff += abs(extra)
	}
	v.compareHundredths("csv", hours)
	return nil
}

// compareHundredths holds decimal hours against the minutes: half a unit, a
// two-hundredth of an hour, per total.
func (v *verdict) compareHundredths(format string, hours map[total]float64) {
	for t, want := range v.approved() {
		if off := math.Abs(hours[t]*60 - float64(want)); off > 0.3+1e-6 {
			v.exportDiff += int(math.Ceil(off))
			v.note("%s: %s code %s: %.2f hours for %d minutes", format, t.number, t.code, hours[t], want)
		}
	}
}

// timecard is as much of SETU 1.4 as it takes to sum hours.
type timecard struct {
	Person    string `xml:"ReportedResource>Person>Id>IdValue"`
	Intervals []struct {
		Type     string  `xml:"type,attr"`
		Duration float64 `xml:"Duration"`
		Rates    []struct {
			Multiplier string `xml:"multiplier,attr"`
		} `xml:"RateOrAmount"`
	} `xml:"ReportedTime>TimeInterval"`
}

func (v *verdict) compareSETU(file []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return fmt.Errorf("reading the exported archive: %w", err)
	}
	codes := map[string]string{}
	for code, interval := range intervals {
		codes[interval] = code
	}
	hours := map[total]float64{}
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, ".xml") {
			continue
		}
		card, err := readCard(f)
		if err != nil {
			return err
		}
		for _, i := range card.Intervals {
			multiplier := ""
			for _, r := range i.Rates {
				multiplier = r.Multiplier
			}
			hours[total{card.Person, codes[i.Type+" "+multiplier]}] += i.Duration
			v.exportLines++
		}
	}
	v.compareHundredths("setu-1.4", hours)
	return nil
}

func readCard(f *zip.File) (timecard, error) {
	var card timecard
	r, err := f.Open()
	if err != nil {
		return card, fmt.Errorf("reading %s: %w", f.Name, err)
	}
	defer r.Close()
	if err := xml.NewDecoder(r).Decode(&card); err != nil {
		return card, fmt.Errorf("reading %s: %w", f.Name, err)
	}
	return card, nil
}
