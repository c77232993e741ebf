package delivery

import (
	"context"
	"log/slog"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/payroll"
)

// bench is a courier with a tenant, a destination and hours to send.
type bench struct {
	*testing.T
	url         string
	db          *pg.DB
	tenant      int64
	destination int64
	courier     Courier
	time        time.Time
	by          audit.Actor
	day         int
}

func newBench(t *testing.T, format string, settings map[string]string, code string) *bench {
	t.Helper()
	url := pgtest.URL(t)
	seal, err := OpenSeal(filepath.Join(t.TempDir(), "delivery.key"))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, url: url, db: pgtest.Open(t, url, pg.RoleApp), tenant: pgtest.Tenant(t, url, "Vries"),
		time: time.Date(2026, 8, 3, 9, 0, 0, 0, time.UTC), by: audit.Actor{Kind: audit.Account, ID: 7}}
	b.courier = Courier{Payroll: payroll.Office{Manifests: filepath.Join(t.TempDir(), "manifests")}, Seal: seal,
		Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Shown: filepath.Join(t.TempDir(), "delivered"), Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return b.time }}
	b.in(func(tx pg.Tx) error {
		d, err := payroll.CreateDestination(context.Background(), tx, b.by, payroll.Destination{Name: "Loket", Format: format, Settings: settings})
		if err == nil {
			b.destination = d.ID
			_, err = payroll.PutCodes(context.Background(), tx, b.by, d.ID, map[string]string{"N": code})
		}
		return err
	})
	return b
}

func csvBench(t *testing.T) *bench { return newBench(t, "csv", nil, "1") }

func (b *bench) in(fn func(pg.Tx) error) {
	b.Helper()
	if err := b.try(fn); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) try(fn func(pg.Tx) error) error { return b.db.InTenant(b.Context(), b.tenant, fn) }

// employee has an assignment, which some formats need.
func (b *bench) employee(number string) int64 {
	id := pgtest.Exec(b, b.url, `INSERT INTO employee (tenant_id, number, surname, employed_from)
		VALUES ($1, $2, 'Jansen', '2020-01-01') RETURNING employee_id`, b.tenant, number)
	pgtest.Exec(b, b.url, `INSERT INTO assignment (tenant_id, employee_id, number, cost_centre, from_day) VALUES ($1, $2, $3, '', '2020-01-01')`, b.tenant, id, "A-"+number)
	return id
}

// approve freezes eight hours of a day.
func (b *bench) approve(employee int64, day calendar.Date) {
	monday := day.Week().Monday().String()
	pgtest.Exec(b, b.url, `INSERT INTO timesheet (tenant_id, employee_id, monday, state, by_kind, by_id, at, reason)
		VALUES ($1, $2, $3, 'approved', 'account', 7, now(), '') ON CONFLICT DO NOTHING`, b.tenant, employee, monday)
	id := pgtest.Exec(b, b.url, `INSERT INTO approval (tenant_id, employee_id, monday, by_kind, by_id, at, reason, rules, snapshot, hash)
		VALUES ($1, $2, $3, 'account', 7, $4, '', '{1}', '', sha256('')) RETURNING approval_id`, b.tenant, employee, monday, b.time)
	pgtest.Exec(b, b.url, `INSERT INTO approved_line (tenant_id, approval_id, employee_id, day, site_id, code, kind, minutes)
		VALUES ($1, $2, $3, $4, 0, 'N', '', 480)`, b.tenant, id, employee, day.String())
}

// run makes a run of what waits.
func (b *bench) run() payroll.Run {
	b.Helper()
	run, err := b.courier.Payroll.Create(b.Context(), b.db, b.tenant, b.by, payroll.Order{Destination: b.destination,
		Period: calendar.Period{From: calendar.On(2026, 7, 1), To: calendar.On(2026, 7, 31)}}, b.time)
	if err != nil {
		b.Fatal(err)
	}
	return run
}

// someRun makes a run of one more employee's hours.
func (b *bench) someRun() payroll.Run {
	b.Helper()
	b.day++
	b.approve(b.employee(string(rune('0'+b.day))), calendar.On(2026, 7, 6))
	return b.run()
}

func (b *bench) state(run int64) (s payroll.RunState) {
	b.Helper()
	b.in(func(tx pg.Tx) error {
		r, err := payroll.RunByID(b.Context(), tx, run)
		s = r.State
		return err
	})
	return s
}

// put makes a channel and gives what is shown once.
func (b *bench) put(kind Kind, s Settings, secrets Secrets) (c Channel, shown string) {
	b.Helper()
	b.in(func(tx pg.Tx) (err error) {
		c, shown, err = b.courier.Seal.PutChannel(b.Context(), tx, b.by, Channel{Destination: b.destination, Kind: kind, Settings: s}, secrets, b.time)
		return err
	})
	return c, shown
}

func (b *bench) round() {
	b.Helper()
	if err := b.courier.Round(b.Context(), b.db, b.tenant); err != nil {
		b.Fatal(err)
	}
}

// later is a round after every wait.
func (b *bench) later() {
	b.Helper()
	b.time = b.time.Add(7 * time.Hour)
	b.round()
}

func (b *bench) outbox() (all []Delivery) {
	b.Helper()
	b.in(func(tx pg.Tx) (err error) { all, err = Outbox(b.Context(), tx, 0, 100); return err })
	return all
}

// only gives the one delivery there is.
func (b *bench) only() Delivery {
	b.Helper()
	all := b.outbox()
	if len(all) != 1 {
		b.Fatalf("%d deliveries: %+v", len(all), all)
	}
	return all[0]
}

// wants checks the only delivery and the step of its run.
func (b *bench) wants(state State, attempts int, run payroll.RunState) Delivery {
	b.Helper()
	d := b.only()
	if d.State != state || d.Attempts != attempts || b.state(d.Run) != run {
		b.Fatalf("%s after %d attempts, the run is %s; want %s, %d, %s (last: %+v)", d.State, d.Attempts, b.state(d.Run), state, attempts, run, d.Last())
	}
	return d
}

// letGo waits until the database has noticed that a server was killed, and has
// taken its locks.
func (b *bench) letGo() {
	b.Helper()
	b.in(func(tx pg.Tx) error {
		_, err := tx.Exec(b.Context(), "SELECT FROM delivery FOR NO KEY UPDATE")
		return err
	})
}
