package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/request"
	"tikklok/ingest/privacy/retention"
)

// gone is a tenant with somebody who left, whose week was approved and whose
// name stands in many places, beside somebody who stays.
type gone struct {
	t                  *testing.T
	url                string
	app                *pg.DB
	desk               request.Desk
	tenant, left, stay int64
	by                 audit.Actor
	now                time.Time
	place              place
}

var markers = []string{"PN-zx81", "Qwrtzová", "Brunhilde", "brunhilde@qwrtz.example", "1987-03-09"}

func newGone(t *testing.T) *gone {
	t.Helper()
	g := &gone{t: t, url: pgtest.URL(t), place: place{State: t.TempDir()}}
	g.tenant = pgtest.Tenant(t, g.url, "Kwekerij")
	g.app = pgtest.Open(t, g.url, pg.RoleApp)
	g.desk = g.place.desk(g.app, pgtest.Open(t, g.url, pg.RolePrivacy))
	site := pgtest.Exec(t, g.url, "INSERT INTO site (tenant_id, name) VALUES ($1, 'Noord') RETURNING site_id", g.tenant)
	reader := pgtest.Exec(t, g.url, "INSERT INTO reader (tenant_id, site_id, origin, key, name) VALUES ($1, $2, 7, 'a', 'R') RETURNING reader_id", g.tenant, site)
	account := pgtest.Exec(t, g.url, `INSERT INTO account (tenant_id, email, name, password_hash, roles) VALUES ($1, 'admin@example.org', 'Beheer', 'x', '{administrator}') RETURNING account_id`, g.tenant)
	g.by = audit.Actor{Kind: audit.Account, ID: account}
	g.now = time.Date(2026, 12, 20, 9, 0, 0, 0, time.UTC)
	g.in(func(ctx context.Context, tx pg.Tx) error {
		if err := people.SwitchOn(ctx, tx, g.by, people.OptionalFirstName, "roll call"); err != nil {
			return err
		}
		return people.SwitchOn(ctx, tx, g.by, people.OptionalBirthDate, "minors")
	})
	born, until := time.Date(1987, 3, 9, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	g.left = g.employee(people.Employee{Number: markers[0], Surname: markers[1], FirstName: markers[2], Email: markers[3], Born: &born, Until: &until}, 1)
	g.stay = g.employee(people.Employee{Number: "2", Surname: "Bakker"}, 2)
	pgtest.Exec(t, g.url, `INSERT INTO account (tenant_id, email, name, password_hash, roles, employee_id) VALUES ($1, $2, $3, 'x', '{employee}', $4)`,
		g.tenant, markers[3], markers[2]+" "+markers[1], g.left)
	for i, day := range []string{"2026-11-02", "2026-11-03"} {
		for j, clock := range []string{"08:00", "16:30"} {
			for fob := range 2 {
				g.tap(reader, int64(1+i*4+j*2+fob), day+" "+clock, byte(fob+1))
			}
		}
	}
	g.recompute()
	for _, who := range []int64{g.left, g.stay} {
		g.in(func(ctx context.Context, tx pg.Tx) error {
			reviews, err := hours.Reviews(ctx, tx, calendar.Week{Year: 2026, Week: 45}, []int64{who}, g.now)
			if err != nil {
				return err
			}
			return reviews[0].Freeze(ctx, tx, g.by, "Brunhilde Qwrtzová zei het", []hours.Signature{{Level: "agency", By: g.by, At: g.now}}, g.now)
		})
	}
	return g
}

func (g *gone) employee(e people.Employee, fob byte) (id int64) {
	e.ContractMinutes, e.From = 2400, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	g.in(func(ctx context.Context, tx pg.Tx) (err error) {
		id, err = people.CreateEmployee(ctx, tx, g.by, e)
		return err
	})
	f := pgtest.Exec(g.t, g.url, "INSERT INTO fob (tenant_id, label, status) VALUES ($1, $2, 'issued') RETURNING fob_id", g.tenant, fmt.Sprint("F", fob))
	pgtest.Exec(g.t, g.url, "INSERT INTO fob_token (tenant_id, key_version, token, fob_id) VALUES ($1, 1, $2, $3)", g.tenant, []byte{1, 2, 3, 4, 5, 6, 7, fob}, f)
	pgtest.Exec(g.t, g.url, "INSERT INTO fob_issue (tenant_id, fob_id, employee_id, issued_at) VALUES ($1, $2, $3, '2026-10-01')", g.tenant, f, id)
	return id
}

func (g *gone) tap(reader, seq int64, text string, fob byte) {
	zone, _ := time.LoadLocation("Europe/Amsterdam")
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		g.t.Fatal(err)
	}
	pgtest.Exec(g.t, g.url, `INSERT INTO time_pair (tenant_id, origin, epoch, tick, instant, bound, source, gateway_id, arrived)
		VALUES ($1, 7, 5, $2::bigint - 1000000000000, $2, 100, 1, 7, to_timestamp($2 / 1000.0)) ON CONFLICT DO NOTHING`, g.tenant, at.UnixMilli())
	pgtest.Exec(g.t, g.url, `INSERT INTO registration (tenant_id, origin, epoch, seq, tick, wall, reader_id, key_version, token, arrived)
		VALUES ($1, 7, 5, $2, $3::bigint - 1000000000000, 0, $4, 1, $5, to_timestamp($3 / 1000.0))`, g.tenant, seq, at.UnixMilli(), reader, []byte{1, 2, 3, 4, 5, 6, 7, fob})
}

func (g *gone) recompute() {
	g.t.Helper()
	if _, err := hours.Recompute(context.Background(), g.app, g.tenant, g.now); err != nil {
		g.t.Fatal(err)
	}
}

func (g *gone) in(fn func(context.Context, pg.Tx) error) {
	g.t.Helper()
	if err := g.app.InTenant(context.Background(), g.tenant, func(tx pg.Tx) error { return fn(context.Background(), tx) }); err != nil {
		g.t.Fatal(err)
	}
}

// number asks the database for one, in the tenant.
func (g *gone) number(sql string, args ...any) (n int64) {
	g.t.Helper()
	g.in(func(ctx context.Context, tx pg.Tx) error { return tx.QueryRow(ctx, sql, args...).Scan(&n) })
	return n
}

// granted is a request for erasure as an administrator decides it.
func (g *gone) granted() (id int64) {
	g.in(func(ctx context.Context, tx pg.Tx) (err error) {
		id, err = request.Receive(ctx, tx, request.Request{Kind: request.Erasure, Employee: g.left, Requester: request.Self, What: "Brunhilde wil weg"}, g.by, g.now)
		if err == nil {
			_, err = request.Take(ctx, tx, id, request.Checked, "paspoort gezien, geen kopie", g.by, g.now)
		}
		if err == nil {
			_, err = request.Take(ctx, tx, id, request.Act(request.Granted), "geen grond om te bewaren", g.by, g.now)
		}
		return err
	})
	return id
}

func (g *gone) traces(db *pg.DB) []request.Trace {
	g.t.Helper()
	var found []request.Trace
	err := db.InTenant(context.Background(), g.tenant, func(tx pg.Tx) (err error) {
		found, err = request.Traces(context.Background(), tx, markers)
		return err
	})
	if err != nil {
		g.t.Fatal(err)
	}
	return found
}

func TestAnErasedPersonIsNowhereAndTheirApprovedHoursStay(t *testing.T) { // OB-P7
	g := newGone(t)
	pgtest.Exec(t, g.url, `INSERT INTO correction_request (tenant_id, employee_id, day, what, text, made_at) VALUES ($1, $2, '2026-11-02', 'other', 'mijn naam is Brunhilde', now())`, g.tenant, g.stay)
	before := g.number("SELECT sum(minutes) FROM approved_line WHERE employee_id = $1", g.left)
	if len(g.traces(g.desk.DB)) < 5 {
		t.Fatalf("only %v is found before", g.traces(g.desk.DB))
	}
	e, err := g.desk.Erase(t.Context(), g.tenant, g.left, g.granted(), g.by, g.now)
	if err != nil {
		t.Fatal(err)
	}
	for _, trace := range append(e.Traces, g.traces(g.desk.DB)...) {
		if trace.Table != "correction_request" { // in what another wrote: a first name alone
			t.Errorf("left: %+v", trace)
		}
	}
	if after := g.number("SELECT sum(minutes) FROM approved_line WHERE employee_id = $1", g.left); after != before || before == 0 {
		t.Errorf("%d approved minutes were %d", after, before)
	}
	if n := g.number("SELECT count(*) FROM registration"); n != 4 {
		t.Errorf("%d registrations stay, want the other's 4", n)
	}
	if n := g.number("SELECT registrations FROM removal WHERE cause = 'erasure'"); n != 4 {
		t.Errorf("%d registrations are on record as removed", n)
	}
	g.unpaid(before)
	if bytes.Contains(e.Certificate.Content, []byte("Qwrtz")) || e.Sought < 4 {
		t.Errorf("certificate: %s", e.Certificate.Content)
	}
}

func TestAnErasureIsRefusedWithWhatHasToBeDoneFirst(t *testing.T) {
	cases := map[string]struct {
		sql  string
		hold bool
		want request.Hindrance
	}{
		"employment runs":          {"UPDATE employee SET employed_until = NULL WHERE employee_id = $1", false, request.Employed},
		"a last day to come":       {"UPDATE employee SET employed_until = '2027-01-31' WHERE employee_id = $1", false, request.Employed},
		"a week without approval":  {"UPDATE timesheet SET state = 'open' WHERE employee_id = $1", false, request.Unapproved},
		"hours that no run sent":   {"INSERT INTO payroll_destination (tenant_id, name, format) SELECT tenant_id, 'a', 'csv' FROM employee WHERE employee_id = $1", false, request.Unpaid},
		"a legal hold":             {"SELECT $1::bigint", true, request.OnHold},
		"an account of the office": {"INSERT INTO account (tenant_id, employee_id, email, name, roles) SELECT tenant_id, employee_id, 'x@y.zz', 'x', '{approver}' FROM employee WHERE employee_id = $1", false, request.InUse},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			g := newGone(t)
			pgtest.Exec(t, g.url, c.sql, g.left)
			if c.hold {
				g.in(func(ctx context.Context, tx pg.Tx) error {
					_, err := retention.PutHold(ctx, tx, retention.Hold{Employee: g.left, Reason: "rechtszaak", Until: g.now.AddDate(0, 3, 0), By: g.by}, g.now)
					return err
				})
			}
			_, err := g.desk.Erase(t.Context(), g.tenant, g.left, g.granted(), g.by, g.now)
			var refused *request.Refusal
			if !errors.As(err, &refused) || !errors.Is(err, request.ErrRefused) {
				t.Fatalf("it says %v", err)
			}
			if !strings.Contains(err.Error(), string(c.want)) {
				t.Errorf("it says %v, not %s", err, c.want)
			}
			if n := g.number("SELECT count(*) FROM employee WHERE number = $1", markers[0]); n != 1 {
				t.Error("erased all the same")
			}
		})
	}
}

func TestNobodyIsErasedWithoutAnAdministratorsDecision(t *testing.T) { // OB-P7, OB-P15
	g := newGone(t)
	var open int64
	g.in(func(ctx context.Context, tx pg.Tx) (err error) {
		open, err = request.Receive(ctx, tx, request.Request{Kind: request.Erasure, Employee: g.left, Requester: request.Self}, g.by, g.now)
		return err
	})
	for name, id := range map[string]int64{"a request that is open": open, "none": 0, "one that is not there": 99} {
		if _, err := g.desk.Erase(t.Context(), g.tenant, g.left, id, operator, g.now); err == nil {
			t.Errorf("erased on %s", name)
		}
	}
	other := pgtest.Tenant(t, g.url, "Ander")
	if _, err := g.desk.Erase(t.Context(), other, g.left, 0, g.by, g.now); !errors.Is(err, request.ErrNobody) {
		t.Errorf("a person of another tenant: %v", err)
	}
}

// A dump of before the erasure is put back: the outside log erases again, and
// lets somebody alone who has the same id and is another (I8).
func TestTheOutsideLogErasesAgainAfterARestore(t *testing.T) {
	g := newGone(t)
	restored := newGone(t)
	restored.desk.Log = g.desk.Log
	pgtest.Exec(t, restored.url, "UPDATE employee SET created_at = $2 WHERE employee_id = $1", restored.left, g.created())
	if _, err := g.desk.Erase(t.Context(), g.tenant, g.left, g.granted(), g.by, g.now); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{1, 0} {
		if n, err := restored.desk.Replay(t.Context(), restored.tenant, g.now.Add(48*time.Hour)); err != nil || n != want {
			t.Fatalf("time %d erases %d, %v", i+1, n, err)
		}
	}
	if n := restored.number("SELECT count(*) FROM privacy_erasure WHERE employee_id = $1 AND at = $2", restored.left, g.now.UTC()); n != 1 {
		t.Error("it counts as of the restore, and a run that left between would be made with the person in it")
	}
	if found := restored.traces(restored.desk.DB); len(found) > 0 {
		t.Errorf("left: %+v", found)
	}
	restored.unpaid(960)
	another := newGone(t)
	another.desk.Log = g.desk.Log
	if n, err := another.desk.Replay(t.Context(), another.tenant, g.now); n != 0 || err != nil {
		t.Errorf("somebody else of the same id: %d erased, %v", n, err)
	}
}

func (g *gone) created() (at time.Time) {
	g.in(func(ctx context.Context, tx pg.Tx) error {
		return tx.QueryRow(ctx, "SELECT created_at FROM employee WHERE employee_id = $1", g.left).Scan(&at)
	})
	return at
}

// What breaks off between log and commit is finished at the next start.
func TestAnErasureThatACrashBrokeOffIsFinished(t *testing.T) {
	g := newGone(t)
	folder := filepath.Join(g.place.State, "erasures", fmt.Sprint(g.tenant))
	ctx, crash := context.WithCancel(t.Context())
	desk := g.desk
	desk.Backups = func() ([]request.Backup, error) { crash(); return nil, nil }
	asked := g.granted()
	before := g.number("SELECT sum(minutes) FROM worked_day WHERE employee_id = $1", g.left)
	if _, err := desk.Erase(ctx, g.tenant, g.left, asked, g.by, g.now); err == nil {
		t.Fatal("it did not break off")
	}
	if files, _ := os.ReadDir(folder); len(files) != 0 || g.number("SELECT count(*) FROM employee WHERE number = $1", markers[0]) != 1 {
		t.Fatal("half of it was done")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	at := g.created().UTC()
	text := fmt.Sprintf(`{"tenant":%d,"employee":%d,"created":%q,"erased":%q}`, g.tenant, g.left, at.Format(time.RFC3339Nano), g.now.Format(time.RFC3339))
	if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d-%d.json", g.left, at.UnixMicro())), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := g.desk.Replay(t.Context(), g.tenant, g.now); n != 1 || err != nil {
		t.Fatalf("%d finished, %v", n, err)
	}
	if found := g.traces(g.desk.DB); len(found) > 0 {
		t.Errorf("left: %+v", found)
	}
	g.unpaid(before)
	if n := g.number("SELECT count(*) FROM privacy_request WHERE request_id = $1 AND state = 'done' AND certificate_id IS NOT NULL", asked); n != 1 {
		t.Error("the request that was carried out is still owed")
	}
}

// unpaid has every day of who was erased computed again, as a changed rule
// would: what was approved must still be there, or a correction would be paid.
func (g *gone) unpaid(minutes int64) {
	g.t.Helper()
	pgtest.Exec(g.t, g.url, "INSERT INTO hours_due (tenant_id, employee_id, from_at, to_at) VALUES ($1, $2, 1790000000000, 1800000000000) RETURNING due_id", g.tenant, g.left)
	g.recompute()
	if now := g.number("SELECT COALESCE(sum(minutes), 0) FROM worked_day WHERE employee_id = $1", g.left); now != minutes {
		g.t.Errorf("computing again gives %d minutes, not %d: a correction would be paid", now, minutes)
	}
}

func TestTheFileOfAPersonHasAllThatIsDeclaredAndNothingOfOthers(t *testing.T) { // GDPR 15, 20
	g := newGone(t)
	var f request.File
	err := g.app.AsOf(t.Context(), g.tenant, func(tx pg.Tx) error {
		of, err := request.SubjectOf(t.Context(), tx, g.left)
		if err == nil {
			f, err = request.Gather(t.Context(), tx, catalogue(), of, map[privacy.Class]string{privacy.RawTaps: "P3M"}, g.now)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.JSON(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range append([]string{`"registration"`, `"approved_line"`, `"P3M"`, `"account"`}, markers...) {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is not in it", want)
		}
	}
	for _, language := range []string{"nl", "en"} {
		var paper bytes.Buffer
		if err := f.PDF(&paper, language); err != nil || !bytes.HasPrefix(paper.Bytes(), []byte("%PDF-")) {
			t.Errorf("%s: %v", language, err)
		}
		if keep := os.Getenv("KEEP_PDF"); keep != "" {
			os.WriteFile(keep+language+".pdf", paper.Bytes(), 0o600)
		}
	}
	for _, not := range []string{"Bakker", "admin@example.org", `"x"`} {
		if strings.Contains(b.String(), not) {
			t.Errorf("%s of others, or a secret, is in it", not)
		}
	}
}

// Who is restricted is on no page and in no export, is computed on, and stands
// there again when the restriction is lifted (GDPR 18).
func TestWhoIsRestrictedIsKeptAndNotUsed(t *testing.T) {
	g := newGone(t)
	ask := func(kind request.Kind) (id int64) {
		g.in(func(ctx context.Context, tx pg.Tx) (err error) {
			id, err = request.Receive(ctx, tx, request.Request{Kind: kind, Employee: g.left, Requester: request.SignedIn}, g.by, g.now)
			if err == nil {
				_, err = request.Take(ctx, tx, id, request.Act(request.Granted), "de juistheid wordt onderzocht", g.by, g.now)
			}
			return err
		})
		return id
	}
	seen := func() (n int64) {
		for _, table := range []string{"employee", "worked_day", "hour_line", "timesheet", "approved_line"} {
			if g.number("SELECT count(*) FROM "+table+" WHERE employee_id = $1", g.left) > 0 {
				n++
			}
		}
		return n
	}
	id := ask(request.Restriction)
	g.in(func(ctx context.Context, tx pg.Tx) error { return request.Restrict(ctx, tx, id, g.by, g.now) })
	if n := seen(); n != 0 {
		t.Errorf("the application still sees the person in %d tables", n)
	}
	reader := g.number("SELECT min(reader_id) FROM reader")
	g.tap(reader, 100, "2026-11-05 08:00", 1)
	g.tap(reader, 101, "2026-11-05 12:00", 1)
	g.recompute()
	g.in(func(ctx context.Context, tx pg.Tx) error {
		return request.Lift(ctx, tx, id, "juist bevonden en aan haar verteld", g.by, g.now)
	})
	if n := seen(); n != 5 {
		t.Errorf("after it was lifted the person is in %d of 5 tables", n)
	}
	if n := g.number("SELECT minutes FROM worked_day WHERE employee_id = $1 AND day = '2026-11-05'", g.left); n != 240 {
		t.Errorf("the day meanwhile has %d minutes", n)
	}
	refused := g.app.InTenant(t.Context(), g.tenant, func(tx pg.Tx) error {
		return request.Restrict(t.Context(), tx, g.granted(), g.by, g.now)
	})
	if !errors.Is(refused, request.ErrInvalid) {
		t.Errorf("restricted on a request for erasure: %v", refused)
	}
}
