package paper

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tikklok/ingest/pg/pgtest"
)

const (
	unlock  = `ALTER TABLE approval DROP CONSTRAINT approval_hash_matches; ALTER TABLE approval DISABLE TRIGGER append_only; `
	rewrite = unlock + `UPDATE approval SET snapshot = replace(snapshot, '480', '490')`
)

func (d *desk) spoil(sqls string) {
	d.t.Helper()
	for _, sql := range strings.Split(sqls, "; ") {
		pgtest.Exec(d.t, d.url, sql)
	}
}

func TestAPrintOfWhatWasAlteredSaysSo(t *testing.T) {
	d := newDesk(t)
	d.corrected()
	for _, kind := range []Kind{Evidence, Timesheets} {
		body, _, err := d.print(Order{Kind: kind, Period: october, Language: "en"})
		if err != nil || strings.Contains(textOf(t, body), "was altered since it was approved") {
			t.Fatalf("an honest %s: %v", kind, err)
		}
	}
	d.spoil(rewrite)
	for _, kind := range []Kind{Evidence, Timesheets} {
		body, _, err := d.print(Order{Kind: kind, Period: october, Language: "en"})
		if err != nil || !strings.Contains(strings.Join(strings.Fields(textOf(t, body)), " "), "was altered since it was approved") {
			t.Errorf("%s does not say that it was altered: %v", kind, err)
		}
	}
	body, _, err := d.print(Order{Kind: EvidenceCSV, Period: october})
	if err != nil {
		t.Fatal(err)
	}
	if rows := readTable(t, body); rows[0].altered == "" {
		t.Errorf("%+v", rows[0])
	}
}

// Whoever rewrites an approval can rewrite its hash too, or remove it: the log
// still names the one that was printed.
func TestACheckFindsAnApprovalThatWasReplacedOrRemoved(t *testing.T) {
	for name, spoil := range map[string]string{
		"replaced": rewrite + `; UPDATE approval SET hash = sha256(convert_to(snapshot, 'UTF8'))`,
		"removed":  unlock + `ALTER TABLE approved_line DISABLE TRIGGER ALL; DELETE FROM approved_line; DELETE FROM approval WHERE corrects IS NOT NULL; DELETE FROM approval`,
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			employee, rows := d.corrected()
			d.spoil(spoil)
			for _, hash := range strings.Split(rows[0].hash, ",") {
				c, err := d.check(Printed{Hash: hash[:16]})
				if err != nil || !slices.Equal(c.Findings, []Finding{Altered}) || c.Unaltered() || c.Who.ID != employee || c.Week != week42 || fmt.Sprintf("%x", c.Hash) != hash {
					t.Errorf("%+v %v", c, err)
				}
			}
		})
	}
}

// once does something when it is first written to.
type once struct {
	bytes.Buffer
	do func()
}

func (o *once) Write(p []byte) (int, error) {
	if do := o.do; do != nil {
		o.do = nil
		do()
	}
	return o.Buffer.Write(p)
}

func TestAPrintIsOfOneMoment(t *testing.T) {
	d := newDesk(t)
	var last int64
	for i := range batch + 1 {
		last = d.employee(fmt.Sprint(100+i), fmt.Sprintf("N%03d", i))
		d.work(last, week42.Monday(), "07:00", "15:00")
		d.approve(last, week42, "")
	}
	w := &once{do: func() {
		d.work(last, week42.Monday().AddDays(1), "08:00", "12:00")
		d.approve(last, week42, "later")
	}}
	if _, err := Print(t.Context(), d.db, d.tenant, w, Order{Kind: EvidenceCSV, Period: october, At: printed}); err != nil {
		t.Fatal(err)
	}
	if rows := readTable(t, w.Bytes()); len(rows) != batch+1 {
		t.Errorf("%d rows: what was approved while printing is on it", len(rows))
	}
}

func TestEvidenceNamesTheProjectThatWasApproved(t *testing.T) {
	d := newDesk(t)
	hirer := pgtest.Exec(t, d.url, "INSERT INTO hirer (tenant_id, name) VALUES ($1, 'Kwekerij Oost') RETURNING hirer_id", d.tenant)
	first, later := d.employee("10", "Żak"), d.employee("20", "Bakker")
	assign := func(employee int64, number string) {
		pgtest.Exec(t, d.url, `INSERT INTO assignment (tenant_id, employee_id, hirer_id, site_id, number, cost_centre, from_day) VALUES ($1, $2, $3, $4, $5, '4100', '2026-01-01') RETURNING assignment_id`,
			d.tenant, employee, hirer, d.one, number)
	}
	pgtest.Exec(t, d.url, `INSERT INTO site_hirer (tenant_id, site_id, from_day, hirer_id) VALUES ($1, $2, '2020-01-01', $3)
		ON CONFLICT (tenant_id, site_id, from_day) DO UPDATE SET hirer_id = EXCLUDED.hirer_id`, d.tenant, d.one, hirer)
	pgtest.Exec(t, d.url, "UPDATE site_hirer SET hirer_id = $1", hirer)
	assign(first, "A-1")
	for _, e := range []int64{first, later} {
		d.work(e, week42.Monday(), "07:00", "15:00")
		d.approve(e, week42, "")
	}
	pgtest.Exec(t, d.url, "UPDATE assignment SET number = 'B-2', cost_centre = '9'")
	rows := func() map[string]evidenceRow {
		body, _, err := d.print(Order{Kind: EvidenceCSV, Period: october})
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]evidenceRow{}
		for _, r := range readTable(t, body) {
			out[r.surname] = r
		}
		return out
	}
	if r := rows()["Żak"]; r.assignment != "A-1" || r.centre != "4100" || r.hirer != "Kwekerij Oost" || r.as != "approved" {
		t.Errorf("%+v: the register of today is not what was approved", r)
	}
	for number, people := range map[string]int{"A-1": 1, "B-2": 0} {
		if _, f, _ := d.print(Order{Kind: Evidence, Period: october, Assignment: number}); f.People != people {
			t.Errorf("evidence of assignment %s is of %d people", number, f.People)
		}
	}
	if _, f, _ := d.print(Order{Kind: Evidence, Period: october, Hirers: []int64{hirer}}); f.People != 2 {
		t.Errorf("of the hirer: %d people", f.People)
	}
	pgtest.Exec(t, d.url, "UPDATE site_hirer SET hirer_id = NULL")
	pgtest.Exec(t, d.url, "UPDATE assignment SET hirer_id = NULL")
	if _, f, _ := d.print(Order{Kind: Evidence, Period: october, Hirers: []int64{hirer}}); f.People != 0 {
		t.Errorf("of whoever is no longer the hirer's: %d people", f.People)
	}
}

func TestWhatWasOnRecordOnlyLaterIsCalledSo(t *testing.T) {
	d := newDesk(t)
	employee := d.employee("10", "Żak")
	d.work(employee, week42.Monday(), "07:00", "15:00")
	d.approve(employee, week42, "")
	pgtest.Exec(t, d.url, `INSERT INTO assignment (tenant_id, employee_id, number, cost_centre, from_day) VALUES ($1, $2, 'A-1', '', '2026-01-01') RETURNING assignment_id`, d.tenant, employee)
	body, _, err := d.print(Order{Kind: EvidenceCSV, Period: october})
	if err != nil {
		t.Fatal(err)
	}
	if r := readTable(t, body)[0]; r.assignment != "A-1" || r.as != "printed" {
		t.Errorf("%+v", r)
	}
	if body, _, err = d.print(Order{Kind: Evidence, Period: october, Language: "en"}); err != nil || !strings.Contains(textOf(t, body), "was on record when these hours were approved") {
		t.Errorf("the sheet does not say so: %v", err)
	}
}
