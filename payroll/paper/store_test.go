package paper

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// desk is a tenant whose weeks are approved as they are in the product.
type desk struct {
	t            *testing.T
	url          string
	db           *pg.DB
	tenant       int64
	one, two, by int64 // sites, account
}

func newDesk(t *testing.T) *desk {
	url := pgtest.URL(t)
	d := &desk{t: t, url: url, db: pgtest.Open(t, url, pg.RoleApp), tenant: pgtest.Tenant(t, url, "Vries")}
	d.one = pgtest.Exec(t, url, "INSERT INTO site (tenant_id, name) VALUES ($1, 'Kas 4') RETURNING site_id", d.tenant)
	d.two = pgtest.Exec(t, url, "INSERT INTO site (tenant_id, name) VALUES ($1, 'Magazijn') RETURNING site_id", d.tenant)
	d.by = pgtest.Exec(t, url, `INSERT INTO account (tenant_id, email, name, password_hash, roles) VALUES ($1, 'a@example.org', 'Anke Jansen', 'x', '{approver}') RETURNING account_id`, d.tenant)
	return d
}

func (d *desk) employee(number, surname string) int64 {
	return pgtest.Exec(d.t, d.url, `INSERT INTO employee (tenant_id, number, surname, first_name, employed_from)
		VALUES ($1, $2, $3, 'Łucja', '2020-01-01') RETURNING employee_id`, d.tenant, number, surname)
}

// work writes a day as it was computed: shift of the first site, of so long.
func (d *desk) work(employee int64, day calendar.Date, from, to string) {
	d.t.Helper()
	x := workday(day, shift(day, from+" "+to+" 1"))
	x.Employee, x.Zone, x.Rules, x.Lines[0].Site, x.Shifts[0].Site, x.Shifts[0].Worked[0].Site = employee, "Europe/Amsterdam", 1, d.one, d.one, d.one
	text, err := json.Marshal(x)
	if err != nil {
		d.t.Fatal(err)
	}
	d.in(func(tx pg.Tx) error {
		ctx := context.Background()
		if _, err := tx.Exec(ctx, `INSERT INTO worked_day (tenant_id, employee_id, day, minutes, running, detail) VALUES (current_tenant(), $1, $2::text::date, $3, false, $4)
			ON CONFLICT (tenant_id, employee_id, day) DO UPDATE SET minutes = EXCLUDED.minutes, detail = EXCLUDED.detail`, employee, day.String(), x.Minutes, string(text)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM hour_line WHERE tenant_id = current_tenant() AND employee_id = $1 AND day = $2::text::date", employee, day.String()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO hour_line (tenant_id, employee_id, day, site_id, code, minutes) VALUES (current_tenant(), $1, $2::text::date, $3, 'N', $4)`,
			employee, day.String(), d.one, x.Minutes)
		return err
	})
}

func (d *desk) approve(employee int64, w calendar.Week, reason string) {
	d.t.Helper()
	d.in(func(tx pg.Tx) error {
		by := audit.Actor{Kind: audit.Account, ID: d.by}
		reviews, err := hours.Reviews(context.Background(), tx, w, []int64{employee}, printed)
		if err != nil {
			return err
		}
		return reviews[0].Freeze(context.Background(), tx, by, reason, []hours.Signature{{Level: "agency", By: by, At: printed}}, printed)
	})
}

func (d *desk) in(fn func(pg.Tx) error) {
	d.t.Helper()
	if err := d.db.InTenant(context.Background(), d.tenant, fn); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) print(o Order) (body []byte, f File, err error) {
	d.t.Helper()
	o.At = printed
	var b bytes.Buffer
	f, err = Print(context.Background(), d.db, d.tenant, &b, o)
	return b.Bytes(), f, err
}

func (d *desk) check(p Printed) (Checked, error) {
	d.t.Helper()
	return Check(context.Background(), d.db, d.tenant, p)
}

var week42 = calendar.On(2026, 10, 12).Week()

// corrected gives an employee with a week that was approved, changed, and
// approved again, and the rows of their evidence.
func (d *desk) corrected() (employee int64, rows []evidenceRow) {
	employee = d.employee("10", "Żak")
	d.work(employee, week42.Monday(), "07:00", "15:00")
	d.approve(employee, week42, "")
	d.work(employee, week42.Monday().AddDays(1), "08:00", "12:15")
	d.approve(employee, week42, "vergeten dag")
	body, _, err := d.print(Order{Kind: EvidenceCSV, Period: october})
	if err != nil {
		d.t.Fatal(err)
	}
	return employee, readTable(d.t, body)
}

func TestEvidenceIsOfWhatWasApprovedAndItsHashIsFound(t *testing.T) {
	d := newDesk(t)
	employee, rows := d.corrected()
	if len(rows) != 2 || rows[0].minutes != 480 || rows[1].minutes != 255 || rows[0].from != "2026-10-12T07:00+02:00" {
		t.Fatalf("%+v", rows)
	}
	hashes, chains := strings.Split(rows[0].hash, ","), strings.Split(rows[0].chain, ",")
	if len(hashes) != 2 || len(chains) != 2 {
		t.Fatalf("approvals %v, entries %v", hashes, chains)
	}
	for i, minutes := range []int{480, 735} {
		c, err := d.check(Printed{Hash: strings.ToUpper(hashes[i][:8]) + " " + hashes[i][8:20], Chain: chains[i]})
		if err != nil || len(c.Findings) > 0 || !c.Unaltered() || c.Who.ID != employee || c.Minutes != minutes || c.Week != week42 || len(c.Later) != 1-i {
			t.Errorf("approval %d: %+v %v", i, c, err)
		}
	}
	d.work(employee, week42.Monday(), "07:00", "19:00") // what is computed later is not evidence
	if body, _, err := d.print(Order{Kind: EvidenceCSV, Period: october}); err != nil || !slices.Equal(rows, readTable(t, body)) {
		t.Errorf("%v %s", err, body)
	}
}

func TestACheckFindsWhatWasAltered(t *testing.T) {
	for finding, spoil := range map[Finding]string{
		Altered:      `ALTER TABLE approval DROP CONSTRAINT approval_hash_matches; ALTER TABLE approval DISABLE TRIGGER append_only; UPDATE approval SET snapshot = replace(snapshot, '480', '490')`,
		BrokenChain:  `ALTER TABLE audit_entry DISABLE TRIGGER append_only; UPDATE audit_entry SET at = at + interval '1 s' WHERE entry_id = (SELECT entry_id FROM audit_link WHERE seq = 1)`,
		NotInLog:     `DELETE FROM audit_payload`,
		NoLongerHeld: `UPDATE timesheet SET state = 'open'`,
	} {
		t.Run(string(finding), func(t *testing.T) {
			d := newDesk(t)
			_, rows := d.corrected()
			for _, sql := range strings.Split(spoil, "; ") {
				pgtest.Exec(t, d.url, sql)
			}
			c, err := d.check(Printed{Hash: strings.Split(rows[0].hash, ",")[0]})
			if err != nil || !slices.Contains(c.Findings, finding) || c.Unaltered() != (finding == NoLongerHeld) {
				t.Errorf("%v %v", c.Findings, err)
			}
		})
	}
}

func TestAnEntryOtherThanThePrintedOneIsFound(t *testing.T) {
	d := newDesk(t)
	_, rows := d.corrected()
	hash := strings.Split(rows[0].hash, ",")[0]
	if c, err := d.check(Printed{Hash: hash, Chain: strings.Repeat("ab", 32)}); err != nil || !slices.Contains(c.Findings, OtherEntry) {
		t.Errorf("%v %v", c.Findings, err)
	}
	for _, bad := range []string{"", "abc", strings.Repeat("0", 65), "zzzzzzzzzzzzzzzzzz"} {
		if _, err := d.check(Printed{Hash: bad}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := d.check(Printed{Hash: hex.EncodeToString(make([]byte, 32))}); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	other := newDesk(t)
	if _, err := other.check(Printed{Hash: hash}); !errors.Is(err, ErrUnknown) { // I6
		t.Errorf("another organisation's approval: %v", err)
	}
}

func TestPapersAreOfThoseAskedFor(t *testing.T) {
	d := newDesk(t)
	first, second := d.employee("10", "Żak"), d.employee("20", "Bakker")
	for _, e := range []int64{first, second} {
		d.work(e, week42.Monday(), "07:00", "15:00")
	}
	d.approve(first, week42, "")
	for want, o := range map[int][]Order{
		2: {{Kind: Timesheets, Period: october}, {Kind: Timesheets, Period: october, Site: d.one, Language: "en"}},
		1: {{Kind: Timesheets, Period: october, Employee: second}, {Kind: Evidence, Period: october}, {Kind: EvidenceCSV, Period: october}},
		0: {{Kind: Timesheets, Period: october, Site: d.two}, {Kind: Evidence, Period: october, Employee: second}, {Kind: Evidence, Period: october, Assignment: "A1"},
			{Kind: EvidenceCSV, Period: october, CostCentre: "9"}, {Kind: Timesheets, Period: calendar.Period{From: calendar.On(2020, 1, 1), To: calendar.On(2020, 1, 31)}}},
	} {
		for _, order := range o {
			_, f, err := d.print(order)
			if want == 0 && !errors.Is(err, ErrNothing) || want > 0 && (err != nil || f.People != want) {
				t.Errorf("%+v: %+v %v", order, f, err)
			}
		}
	}
}

func TestTheLanguageIsTheTenantsUnlessAskedOtherwise(t *testing.T) {
	d := newDesk(t)
	d.work(d.employee("10", "Żak"), week42.Monday(), "07:00", "15:00")
	for language, want := range map[string]string{"": "Urenstaat", "en": "Timesheet"} {
		body, _, err := d.print(Order{Kind: Timesheets, Period: october, Language: language})
		if err != nil {
			t.Fatal(err)
		}
		if text := textOf(t, body); !strings.Contains(text, want) || !strings.Contains(text, "Łucja Żak") {
			t.Errorf("%q: %s", language, text)
		}
	}
}
