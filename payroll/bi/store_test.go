package bi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/xuri/excelize/v2"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// house is a tenant with approved lines.
type house struct {
	t      *testing.T
	url    string
	db     *pg.DB
	tenant int64
	sites  map[string]int64
	weeks  map[string]int64
}

var (
	person = audit.Actor{Kind: audit.Account, ID: 7}
	now    = time.Date(2026, 8, 3, 9, 0, 0, 0, time.UTC)
)

func newHouse(t *testing.T) *house {
	url := pgtest.URL(t)
	h := &house{t: t, url: url, db: pgtest.Open(t, url, pg.RoleApp), tenant: pgtest.Tenant(t, url, "Vries"), sites: map[string]int64{}, weeks: map[string]int64{}}
	pgtest.Contract(t, url, h.tenant, "winbase") // allows statistics without persons
	return h
}

// other gives another tenant in the same database.
func (h *house) other() *house {
	o := *h
	o.tenant, o.sites, o.weeks = pgtest.Tenant(h.t, h.url, "other"), map[string]int64{}, map[string]int64{}
	pgtest.Contract(h.t, h.url, o.tenant, "winbase")
	return &o
}

func (h *house) employees(n int) (ids []int64) {
	for i := range n {
		ids = append(ids, pgtest.Exec(h.t, h.url, `INSERT INTO employee (tenant_id, number, surname, first_name, employed_from)
			VALUES ($1, $2, 'Jansen', 'Jan', '2020-01-01') RETURNING employee_id`, h.tenant, fmt.Sprintf("%03d", i+1)))
	}
	return ids
}

func (h *house) site(name string) int64 {
	if h.sites[name] == 0 {
		h.sites[name] = pgtest.Exec(h.t, h.url, `INSERT INTO site (tenant_id, name) VALUES ($1, $2) RETURNING site_id`, h.tenant, name)
	}
	return h.sites[name]
}

// approve freezes minutes of a day of each employee; a second time in a week
// it corrects.
func (h *house) approve(employees []int64, d calendar.Date, site, code string, kind hours.LineKind, minutes int) {
	for _, e := range employees {
		monday := d.Week().Monday().String()
		key := fmt.Sprint(e, monday)
		pgtest.Exec(h.t, h.url, `INSERT INTO timesheet (tenant_id, employee_id, monday, state, by_kind, by_id, at, reason)
			VALUES ($1, $2, $3, 'approved', 'account', 7, now(), '') ON CONFLICT DO NOTHING`, h.tenant, e, monday)
		var corrects any
		if first, ok := h.weeks[key]; ok {
			corrects = first
		}
		id := pgtest.Exec(h.t, h.url, `INSERT INTO approval (tenant_id, employee_id, monday, corrects, by_kind, by_id, at, reason, rules, snapshot, hash)
			VALUES ($1, $2, $3, $4, 'account', 7, $5, '', '{1}', '', sha256('')) RETURNING approval_id`, h.tenant, e, monday, corrects, now)
		if corrects == nil {
			h.weeks[key] = id
		}
		pgtest.Exec(h.t, h.url, `INSERT INTO approved_line (tenant_id, approval_id, employee_id, day, site_id, code, kind, minutes)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, h.tenant, id, e, d.String(), h.site(site), code, kind, minutes)
	}
}

func (h *house) in(fn func(pg.Tx) error) {
	h.t.Helper()
	if err := h.db.InTenant(context.Background(), h.tenant, fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) allow(allowed bool) {
	h.t.Helper()
	h.in(func(tx pg.Tx) error {
		_, err := Allow(context.Background(), tx, person, allowed, "clause 4.2", now)
		return err
	})
}

func (h *house) publish() (p Publication, err error) {
	err = h.db.InTenant(context.Background(), h.tenant, func(tx pg.Tx) error {
		p, err = Publish(context.Background(), tx, Order{By: person, Month: day(1)}, now)
		return err
	})
	return p, err
}

func (h *house) mustPublish() Publication {
	h.t.Helper()
	p, err := h.publish()
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *house) published() (all []Row) {
	h.t.Helper()
	h.in(func(tx pg.Tx) error {
		for r, err := range Published(context.Background(), tx, monthPeriod(day(1))) {
			if err != nil {
				return err
			}
			all = append(all, r)
		}
		return nil
	})
	return all
}

func TestNothingIsPublishedUntilAPersonAllowsIt(t *testing.T) { // OB-P13
	h := newHouse(t)
	h.approve(h.employees(6), day(1), "Amsterdam", "N", "", 480)
	if _, err := h.publish(); !errors.Is(err, ErrNotAllowed) {
		t.Fatal(err)
	}
	h.in(func(tx pg.Tx) error {
		p, err := Allowed(context.Background(), tx)
		if p != (Permission{}) {
			t.Errorf("%+v", p)
		}
		return err
	})
	for want, by := range map[string]audit.Actor{"said by a person": {Kind: audit.APIKey, ID: 1}, "1 to 200 characters": person} {
		basis := map[bool]string{true: "clause 4.2", false: "  "}[by != person]
		err := h.db.InTenant(context.Background(), h.tenant, func(tx pg.Tx) error {
			_, err := Allow(context.Background(), tx, by, true, basis, now)
			return err
		})
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Error(err)
		}
	}
	h.allow(true)
	if p := h.mustPublish(); p.Lines != 6 || p.Held != 0 || p.By != person {
		t.Errorf("%+v", p)
	}
	h.in(func(tx pg.Tx) error {
		p, err := Allowed(context.Background(), tx)
		if !p.Allowed || p.Basis != "clause 4.2" || p.By != person || !p.At.Equal(now) {
			t.Errorf("%+v", p)
		}
		return err
	})
}

func TestWithdrawingTakesAwayWhatWasPublishedAndItsKey(t *testing.T) { // OB-P13
	h := newHouse(t)
	h.approve(h.employees(6), day(1), "Amsterdam", "N", "", 480)
	h.allow(true)
	h.mustPublish()
	before := h.published()
	h.allow(false)
	if got := h.published(); len(got) != 0 {
		t.Errorf("%d rows stay", len(got))
	}
	if _, err := h.publish(); !errors.Is(err, ErrNotAllowed) {
		t.Error(err)
	}
	h.allow(true)
	h.allow(true) // the key stays
	h.mustPublish()
	for _, r := range h.published() {
		if slices.ContainsFunc(before, func(b Row) bool { return b.Line == r.Line || b.Employee == r.Employee }) {
			t.Fatal("a surrogate of before")
		}
	}
}

func TestALineIsPublishedOnceAndFewWaitUntilTheyAreMany(t *testing.T) { // OB-P13
	h := newHouse(t)
	e := h.employees(9)
	h.approve(e[:6], day(1), "Amsterdam", "N", "", 480)
	h.allow(true)
	first := h.mustPublish()
	before := h.published()
	if _, err := h.publish(); !errors.Is(err, ErrNothing) {
		t.Error(err)
	}
	h.approve(e[:2], day(1), "Amsterdam", "N", "", -20) // corrections of two people
	if _, err := h.publish(); !errors.Is(err, ErrNothing) || !strings.Contains(err.Error(), "2 approved lines wait, of fewer than 5") {
		t.Error(err)
	}
	h.approve(e[6:], day(2), "Breda", "EVE", "", 60)
	second := h.mustPublish()
	if second.Lines != 5 || second.Held != 0 || second.ID == first.ID {
		t.Errorf("%+v", second)
	}
	after, sum := h.published(), 0
	for _, r := range after {
		sum += r.Minutes
		if !slices.Contains(before, r) && (r.Day != calendar.Date{} || r.Site != "" || r.Code != "" || !r.Employee.Blank()) {
			t.Errorf("%+v says what is of fewer than five", r)
		}
	}
	if len(after) != 11 || sum != 6*480-40+180 {
		t.Errorf("%d rows, %d minutes", len(after), sum)
	}
}

func TestDecimalsOfSeveralPublicationsAddUp(t *testing.T) { // I8
	h := newHouse(t)
	e := h.employees(5)
	h.approve(e, day(1), "Amsterdam", "N", "", 20)
	h.allow(true)
	h.mustPublish()
	h.approve(e, day(2), "Amsterdam", "N", "", 20)
	h.approve(e, day(3), "Amsterdam", "N", "", 20)
	h.mustPublish()
	sums := map[Surrogate]int{}
	for _, r := range h.published() {
		sums[r.Employee] += r.Hundredths
	}
	for who, sum := range sums {
		if sum != 100 || who.Blank() {
			t.Errorf("3 × 20 minutes are %d hundredths", sum)
		}
	}
	if len(sums) != 5 {
		t.Errorf("%d people", len(sums))
	}
}

func TestAWeekThatWasOpenedAgainWaits(t *testing.T) { // I5
	h := newHouse(t)
	e := h.employees(6)
	h.approve(e, day(1), "Amsterdam", "N", "", 480)
	h.allow(true)
	pgtest.Exec(t, h.url, "UPDATE timesheet SET state = 'open' WHERE employee_id = $1", e[0])
	if p := h.mustPublish(); p.Lines != 5 {
		t.Errorf("%+v", p)
	}
}

func TestPublishingAtOncePublishesOnce(t *testing.T) {
	h := newHouse(t)
	h.approve(h.employees(6), day(1), "Amsterdam", "N", "", 480)
	h.allow(true)
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() { _, errs[i] = h.publish() })
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else if !errors.Is(err, ErrNothing) {
			t.Error(err)
		}
	}
	if made != 1 || len(h.published()) != 6 {
		t.Errorf("%d publications, %d rows", made, len(h.published()))
	}
}

func TestWithdrawingTakesAwayAPublicationUnderWay(t *testing.T) { // OB-P13
	h := newHouse(t)
	h.approve(h.employees(6), day(1), "Amsterdam", "N", "", 480)
	h.allow(true)
	var wg sync.WaitGroup
	h.in(func(tx pg.Tx) error {
		if _, err := Publish(t.Context(), tx, Order{By: person, Month: day(1)}, now); err != nil {
			return err
		}
		wg.Go(func() { h.allow(false) })
		for waits := false; !waits; {
			if err := tx.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))`).Scan(&waits); err != nil {
				return err
			}
		}
		return nil
	})
	wg.Wait()
	if n := len(h.published()); n != 0 {
		t.Errorf("%d rows stay", n)
	}
}

func TestThePublishedOrderSaysNothingOfWhoseRowsTheyAre(t *testing.T) { // OB-P13
	h := newHouse(t)
	e := h.employees(30)
	h.approve(e, day(1), "Amsterdam", "N", "", 480)
	h.allow(true)
	h.mustPublish()
	key := h.key()
	var order []int
	for _, r := range h.published() {
		order = append(order, slices.IndexFunc(e, func(id int64) bool { return key.surrogate(ofEmployee, id) == r.Employee }))
	}
	if slices.IsSorted(order) || slices.Contains(order, -1) {
		t.Error(order)
	}
}

func TestTheOrderOnDiskSaysNothingOfWhoseRowsTheyAre(t *testing.T) { // OB-P13: a tool need not ask for an order
	h := newHouse(t)
	e := h.employees(30)
	h.approve(e, day(1), "Amsterdam", "N", "", 480)
	h.approve(e, day(2), "Amsterdam", "N", "", 480)
	h.allow(true)
	h.mustPublish()
	key := h.key()
	rows, err := h.tool(true).Query(t.Context(), "SELECT employee_key FROM public.bi_hours")
	if err != nil {
		t.Fatal(err)
	}
	var order []int
	beside := 0
	for rows.Next() {
		var s pgtype.UUID
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		order = append(order, slices.IndexFunc(e, func(id int64) bool { return key.surrogate(ofEmployee, id) == s.Bytes }))
		if n := len(order); n > 1 && order[n-1] == order[n-2] {
			beside++
		}
	}
	if len(order) != 60 || slices.Contains(order, -1) || slices.IsSorted(order) || beside > 15 {
		t.Error(order)
	}
}

func TestABlankedRowHasTheDecimalsOfItsOwnMinutes(t *testing.T) { // OB-P13: a share of a total would say whose
	h := newHouse(t)
	e := h.employees(5)
	for i, id := range e[:5] { // each alone at a site: blanked together
		h.approve([]int64{id}, day(3), string(rune('A'+i)), "N", "", 20)
	}
	for d := 1; d <= 2; d++ {
		h.approve(e[:5], day(d), "Amsterdam", "N", "", 20)
	}
	h.allow(true)
	h.mustPublish()
	sums, blank := map[Surrogate]int{}, 0
	for _, r := range h.published() {
		if sums[r.Employee] += r.Hundredths; r.Employee.Blank() {
			blank++
			if r.Hundredths != 33 {
				t.Errorf("%+v", r)
			}
		}
	}
	if blank != 5 || len(sums) != 6 {
		t.Errorf("%d blank, %v", blank, sums)
	}
	for who, sum := range sums {
		if !who.Blank() && sum != 67 {
			t.Errorf("40 minutes are %d hundredths", sum)
		}
	}
}

func TestMoreLinesThanSomebodyWaitsForAreRefused(t *testing.T) {
	h := newHouse(t)
	h.approve(h.employees(6), day(1), "Amsterdam", "N", "", 480)
	h.allow(true)
	told := [2]int{}
	of := func(most int) error {
		return h.db.InTenant(t.Context(), h.tenant, func(tx pg.Tx) error {
			_, err := Publish(t.Context(), tx, Order{By: person, Month: day(1), Most: most, Progress: func(done, all int) { told = [2]int{done, all} }}, now)
			return err
		})
	}
	if err := of(5); !errors.Is(err, ErrMany) || !strings.Contains(err.Error(), "tikklok publish --month 2026-07") || len(h.published()) != 0 {
		t.Error(err)
	}
	if err := of(6); err != nil || told != [2]int{12, 12} {
		t.Error(err, told)
	}
}

func TestWithdrawingDoesNotWaitForWhatIsDrafted(t *testing.T) { // OB-P13
	h := newHouse(t)
	h.approve(h.employees(6), day(1), "Amsterdam", "N", "", 480)
	h.allow(true)
	for name, then := range map[string]func(){"withdrawn": func() {}, "and allowed again": func() { h.allow(true) }} {
		h.allow(true)
		err := h.db.InTenant(t.Context(), h.tenant, func(tx pg.Tx) error {
			once := sync.OnceFunc(func() { h.allow(false); then() })
			_, err := Publish(t.Context(), tx, Order{By: person, Month: day(1), Progress: func(int, int) { once() }}, now)
			return err
		})
		if !errors.Is(err, ErrNotAllowed) || len(h.published()) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func (h *house) key() (k Key) {
	h.in(func(tx pg.Tx) error {
		secret, err := readSecret(context.Background(), tx, "")
		k = NewKey(secret)
		return err
	})
	return k
}

func TestAnotherTenantSeesNothingOfWhatIsPublished(t *testing.T) { // I6
	h := newHouse(t)
	h.approve(h.employees(6), day(1), "Amsterdam", "N", "", 480)
	h.allow(true)
	h.mustPublish()
	o := h.other()
	if len(o.published()) != 0 {
		t.Error("rows of another tenant")
	}
	if _, err := o.publish(); !errors.Is(err, ErrNotAllowed) {
		t.Error(err)
	}
}

func TestAMonthBeginsOnItsFirst(t *testing.T) {
	h := newHouse(t)
	h.allow(true)
	err := h.db.InTenant(t.Context(), h.tenant, func(tx pg.Tx) error {
		_, err := Publish(t.Context(), tx, Order{By: person, Month: day(2)}, now)
		return err
	})
	if !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

func TestWhatConcernsPublishingIsAudited(t *testing.T) { // OB-C4
	h := newHouse(t)
	h.approve(h.employees(6), day(1), "Amsterdam", "N", "", 480)
	h.allow(true)
	h.mustPublish()
	h.allow(false)
	h.in(func(tx pg.Tx) error {
		lines, err := audit.List(t.Context(), tx, 0, 100)
		var got []string
		for _, l := range slices.Backward(lines) {
			got = append(got, l.Action)
		}
		if want := []string{"bi_permission.set", "bi_publication.create", "bi_permission.set"}; !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		return err
	})
}

func TestTheWorkbookOfAMonth(t *testing.T) {
	h := newHouse(t)
	e := h.employees(2)
	h.approve(e, day(1), "Amsterdam", "N", "", 20)
	h.approve(e[:1], day(2), "Breda", "N", "", 20)
	h.approve(e[:1], day(2), "Breda", "N", "", 20)
	pgtest.Exec(t, h.url, `INSERT INTO worked_day (tenant_id, employee_id, day, minutes, running, detail) VALUES ($1, $2, '2026-07-01', 20, false, $3), ($1, $2, '2026-07-08', 0, false, $3)`,
		h.tenant, e[1], fmt.Sprintf(`{"exceptions": [{"kind": "missing_out", "at": %d}], "punches": [{"site": %d}]}`, time.Date(2026, 7, 1, 6, 0, 0, 0, time.UTC).UnixMilli(), h.site("Amsterdam")))
	var out bytes.Buffer
	h.in(func(tx pg.Tx) error {
		b, err := WorkbookOf(t.Context(), tx, monthPeriod(day(1)), "en", now)
		if err != nil {
			return err
		}
		return WriteXLSX(&out, b)
	})
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for sheet, want := range map[string][]string{
		"Per employee": {"001|N|Worked|60|1.00", "002|N|Worked|20|0.33"},
		"Exceptions":   {"002|2026-07-01|Amsterdam|A tap out is missing: only in at 08:00.|approved", "002|2026-07-08|Amsterdam|A tap out is missing: only in at 1 July 2026 08:00.|open"},
	} {
		if got := cells(t, f, sheet)[1:]; !slices.Equal(got, want) {
			t.Errorf("%s: %q", sheet, got)
		}
	}
	err = h.db.InTenant(t.Context(), h.tenant, func(tx pg.Tx) error {
		_, err := WorkbookOf(t.Context(), tx, calendar.Period{From: day(2), To: day(1)}, "en", now)
		return err
	})
	if !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

// tool signs in as a role of a tenant, as an analysis tool does.
func (h *house) tool(admit bool) *pgx.Conn {
	h.t.Helper()
	c, err := pgx.Connect(context.Background(), h.url)
	if err != nil {
		h.t.Fatal(err)
	}
	role := fmt.Sprintf("bi_test_%d_%d", os.Getpid(), time.Now().UnixNano())
	h.t.Cleanup(func() {
		_, _ = c.Exec(context.Background(), "RESET SESSION AUTHORIZATION; DROP ROLE "+role)
		_ = c.Close(context.Background())
	})
	run := func(sql string) {
		if _, err := c.Exec(context.Background(), sql); err != nil {
			h.t.Fatal(err)
		}
	}
	run("CREATE ROLE " + role + " LOGIN IN ROLE tikklok_bi")
	if admit {
		run(fmt.Sprintf("SELECT bi_admit('%s', %d)", role, h.tenant))
	}
	run("SET SESSION AUTHORIZATION " + role)
	return c
}

func TestAToolSeesItsTenantsRowsAndNothingElse(t *testing.T) { // I6, OB-P13
	h := newHouse(t)
	o := h.other()
	for _, x := range []*house{h, o} {
		x.approve(x.employees(6), day(1), "Amsterdam", "N", "", 480)
		x.allow(true)
		x.mustPublish()
	}
	count := func(c *pgx.Conn, setting string) (n int) {
		if _, err := c.Exec(t.Context(), fmt.Sprintf("SET tikklok.tenant = '%d'; SET tikklok.tenants = '{%d}'", o.tenant, o.tenant)); err != nil {
			t.Fatal(err)
		}
		if err := c.QueryRow(t.Context(), "SELECT count(*) FROM "+setting).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(h.tool(false), "bi.hours"); n != 0 {
		t.Errorf("a role that nobody admitted sees %d rows", n)
	}
	c := h.tool(true)
	for _, from := range []string{"bi.hours", "public.bi_hours"} {
		if n := count(c, from); n != 6 {
			t.Errorf("%s has %d rows", from, n)
		}
	}
	for _, sql := range []string{
		"SELECT line_id FROM public.bi_hours", "SELECT * FROM public.bi_hours", "SELECT * FROM public.bi_key", "SELECT * FROM public.employee",
		"SELECT * FROM public.approved_line", "SELECT * FROM public.bi_login", "DELETE FROM bi.hours", "INSERT INTO bi.hours (kind) VALUES ('worked')",
		"SET ROLE tikklok_app", "SELECT bi_admit(session_user, 1)",
	} {
		if _, err := c.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestARoleWithMoreRightsIsNotAdmitted(t *testing.T) { // I6
	h := newHouse(t)
	role := fmt.Sprintf("bi_test_more_%d", time.Now().UnixNano())
	c, err := pgx.Connect(t.Context(), h.url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	admit := fmt.Sprintf("SELECT bi_admit('%s', %d)", role, h.tenant)
	if _, err := c.Exec(t.Context(), admit); err == nil || !strings.Contains(err.Error(), "CREATE ROLE") {
		t.Error(err)
	}
	if _, err := c.Exec(t.Context(), "CREATE ROLE "+role+" LOGIN IN ROLE tikklok_bi, tikklok_app"); err != nil {
		t.Fatal(err)
	}
	defer c.Exec(context.Background(), "DROP ROLE "+role)
	if _, err := c.Exec(t.Context(), admit); err == nil || !strings.Contains(err.Error(), "rights beside") {
		t.Error(err)
	}
}

func TestADismissedRoleSeesNothing(t *testing.T) { // I6
	h := newHouse(t)
	h.approve(h.employees(6), day(1), "Amsterdam", "N", "", 480)
	h.allow(true)
	h.mustPublish()
	c := h.tool(true)
	var role string
	if err := c.QueryRow(t.Context(), "SELECT session_user").Scan(&role); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, h.url, "SELECT count(bi_dismiss($1))", role)
	var n int
	if err := c.QueryRow(t.Context(), "SELECT count(*) FROM bi.hours").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestTheViewAndTheFileHaveTheSameColumns(t *testing.T) {
	h := newHouse(t)
	rows, err := h.tool(true).Query(t.Context(), "SELECT * FROM bi.hours LIMIT 0")
	if err != nil {
		t.Fatal(err)
	}
	var view []string
	for _, f := range rows.FieldDescriptions() {
		view = append(view, f.Name)
	}
	rows.Close()
	var file []string
	for _, cell := range strings.Fields(values(t, parquetOf(t, rowsOf(blankRow)))[0]) {
		name, _, _ := strings.Cut(cell, "=")
		file = append(file, name)
	}
	if !slices.Equal(view, file) {
		t.Errorf("%q, %q", view, file)
	}
}

var example = regexp.MustCompile("(?s)```sql\n(.*?)```")

func TestTheDocumentedQueriesRun(t *testing.T) {
	text, err := os.ReadFile("../../docs/bi.md")
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	e := h.employees(12)
	for d := 1; d < 10; d++ {
		h.approve(e, day(d), "Amsterdam", "N", "", 480)
		h.approve(e[:6], day(d), "Amsterdam", "EVE", hours.LineSupplement, 60)
	}
	h.allow(true)
	h.mustPublish()
	c := h.tool(true)
	queries := example.FindAllSubmatch(text, -1)
	if len(queries) < 4 {
		t.Errorf("%d queries", len(queries))
	}
	for _, q := range queries {
		rows, err := c.Query(t.Context(), string(q[1]))
		if err != nil {
			t.Fatalf("%s: %v", q[1], err)
		}
		n := 0
		for rows.Next() {
			n++
		}
		if err := rows.Err(); err != nil || n == 0 {
			t.Errorf("%s: %d rows, %v", q[1], n, err)
		}
	}
}

func TestNothingIsPublishedThatTheContractDoesNotAllow(t *testing.T) { // OB-P13
	h := newHouse(t)
	permit := func() error {
		return h.db.InTenant(t.Context(), h.tenant, func(tx pg.Tx) error {
			_, err := Allow(t.Context(), tx, person, true, "clause 4.2", now)
			return err
		})
	}
	h.allow(true)
	for _, profile := range []string{"direct", "planning", "nedap", "strict"} {
		pgtest.Contract(t, h.url, h.tenant, profile)
		if err := permit(); !errors.Is(err, ErrContract) {
			t.Errorf("%s: allowed again: %v", profile, err)
		}
		if _, err := h.publish(); !errors.Is(err, ErrContract) {
			t.Errorf("%s: published under an earlier permission: %v", profile, err)
		}
	}
	h.allow(false) // can be withdrawn whatever the contract says
	pgtest.Contract(t, h.url, h.tenant, "winbase")
	if err := permit(); err != nil {
		t.Error(err)
	}
}
