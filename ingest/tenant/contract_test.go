package tenant_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/tenant"
)

func TestWithoutAContractTheStrictestHolds(t *testing.T) {
	url := pgtest.URL(t)
	made, err := create(t, url, "Bakkerij Smit", "Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	err = pgtest.Open(t, url, pg.RoleApp).InTenant(t.Context(), made.ID, func(tx pg.Tx) error {
		got, err := tenant.Contract(t.Context(), tx)
		if err != nil {
			return err
		}
		if got.Version != 0 || got.Terms.Breach.Within.Hours() != 24 || got.Terms.Keep.Months != 3 || got.Terms.End.Chosen() || !got.Terms.SubProcessors.Consent || got.Terms.Covers(tenant.EU) {
			t.Errorf("got %+v", got)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// firm is a tenant with an administrator.
type firm struct {
	t  *testing.T
	db *pg.DB
	id int64
}

func newFirm(t *testing.T) firm {
	t.Helper()
	url := pgtest.URL(t)
	made, err := create(t, url, "Bakkerij Smit", "Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, url, `INSERT INTO account (tenant_id, email, name, roles) VALUES ($1, 'ilse@example.nl', 'Ilse', '{administrator}'), ($1, 'piet@example.nl', 'Piet', '{payroll}')`, made.ID)
	return firm{t, pgtest.Open(t, url, pg.RoleApp), made.ID}
}

func (f firm) in(fn func(pg.Tx) error) error {
	return f.db.InTenant(f.t.Context(), f.id, fn)
}

func day(text string) time.Time {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return d
}

func of[T any](v T) *T { return &v }

// nedap is a contract that can be recorded.
func nedap() tenant.Agreement {
	return tenant.Agreement{Profile: tenant.Nedap, Reference: "2026-17", Signed: day("2026-01-05"), Starts: day("2026-02-01"),
		Own:     tenant.Own{DataMonths: of(1), AccessMonths: of(1)},
		Contact: tenant.Contact{Administrator: 1, Fallback: "uren@example.nl", Telephone: "+31 544 471 696"}}
}

func (f firm) agree(a tenant.Agreement, now string) error {
	return f.in(func(tx pg.Tx) error {
		_, err := tenant.Agree(f.t.Context(), tx, operator, a, day(now))
		return err
	})
}

func (f firm) happen(e tenant.Event, now string) (done tenant.Event, err error) {
	err = f.in(func(tx pg.Tx) (err error) {
		done, err = tenant.Happen(f.t.Context(), tx, operator, e, day(now))
		return err
	})
	return done, err
}

func (f firm) contract() (a tenant.Agreement) {
	f.t.Helper()
	if err := f.in(func(tx pg.Tx) (err error) { a, err = tenant.Contract(f.t.Context(), tx); return err }); err != nil {
		f.t.Fatal(err)
	}
	return a
}

func fieldOf(err error) string {
	var wrong *tenant.Invalid
	if errors.As(err, &wrong) {
		return wrong.Field
	}
	return fmt.Sprint(err)
}

func TestAContractHoldsWhatItsDocumentSaysAndWhatWasAgreedBeside(t *testing.T) { // OB-P18
	f := newFirm(t)
	if err := f.agree(nedap(), "2026-01-10"); err != nil {
		t.Fatal(err)
	}
	again := nedap()
	again.Own.BreachHours, again.Own.Region = of(12), of(tenant.NL)
	if err := f.agree(again, "2026-03-01"); err != nil {
		t.Fatal(err)
	}
	got := f.contract()
	if got.Version != 2 || got.Terms.Breach.Within != 12*time.Hour || got.Terms.Covers(tenant.EU) || got.Terms.SubProcessors.Consent {
		t.Errorf("got %+v", got)
	}
	want := tenant.EndTerms{Access: tenant.Span{Months: 1}, Data: tenant.Span{Months: 1}, Backups: tenant.Span{Days: 14}}
	if got.Terms.End != want {
		t.Errorf("after the end %+v, want %+v", got.Terms.End, want)
	}
}

func TestAContractThatCannotBeIsRefusedNamingTheField(t *testing.T) {
	f := newFirm(t)
	for field, change := range map[string]func(*tenant.Agreement){
		"profile":       func(a *tenant.Agreement) { a.Profile = "acme" },
		"reference":     func(a *tenant.Agreement) { a.Reference = " " },
		"signed":        func(a *tenant.Agreement) { a.Signed = day("2026-01-11") },
		"starts":        func(a *tenant.Agreement) { a.Starts = time.Time{} },
		"ends":          func(a *tenant.Agreement) { a.Ends = of(day("2026-01-31")) },
		"administrator": func(a *tenant.Agreement) { a.Contact.Administrator = 2 }, // of payroll (OB-H13)
		"fallback":      func(a *tenant.Agreement) { a.Contact.Fallback = "Uren <uren@example.nl>" },
		"telephone":     func(a *tenant.Agreement) { a.Contact.Telephone = "bel maar" },
		"data_months":   func(a *tenant.Agreement) { a.Own.DataMonths, a.Own.AccessMonths = nil, nil }, // N doesn't say it: chosen
		"access_months": func(a *tenant.Agreement) { a.Own.AccessMonths = of(3) },
		"breach_hours":  func(a *tenant.Agreement) { a.Own.BreachHours = of(72) },
		"keep_months":   func(a *tenant.Agreement) { a.Own.KeepMonths = of(0) },
		"region":        func(a *tenant.Agreement) { a.Own.Region = of(tenant.World) },
		"statistics":    func(a *tenant.Agreement) { a.Own.Statistics = of(tenant.Statistics("all")) },
	} {
		a := nedap()
		change(&a)
		if got := fieldOf(f.agree(a, "2026-01-10")); got != field {
			t.Errorf("%s: refused for %s", field, got)
		}
	}
	if got := f.contract(); got.Version != 0 {
		t.Errorf("recorded all the same: %+v", got)
	}
}

func TestANoticeEndsTheContractWhenItsTermsAllow(t *testing.T) { // OB-P18
	for _, c := range []struct {
		profile               tenant.ProfileName
		told, effective, want string
		refused               bool
	}{
		{tenant.Nedap, "2026-09-15", "", "2026-12-15", false}, // three months (N-A8.4)
		{tenant.Nedap, "2026-11-30", "", "2027-02-28", false},
		{tenant.Nedap, "2026-09-15", "2027-01-31", "2027-01-31", false},
		{tenant.Nedap, "2026-09-15", "2026-12-14", "2026-12-15", true},
		{tenant.WinBase, "2026-09-15", "", "2026-10-31", false}, // W-2.4's own example
		{tenant.WinBase, "2026-12-31", "", "2027-01-31", false},
		{tenant.WinBase, "2026-03-01", "", "2026-07-31", false}, // not within the first six months (W-2.2)
	} {
		f := newFirm(t)
		a := nedap()
		a.Profile = c.profile
		if err := f.agree(a, "2026-01-10"); err != nil {
			t.Fatal(err)
		}
		e := tenant.Event{Kind: tenant.NoticeGiven, Of: tenant.Customer, Told: day(c.told), Reference: "brief"}
		if c.effective != "" {
			e.Effective = day(c.effective)
		}
		done, err := f.happen(e, c.told)
		var wrong *tenant.Invalid
		if errors.As(err, &wrong) != c.refused {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		last := done.Effective
		if c.refused {
			last = wrong.Earliest
		}
		if !last.Equal(day(c.want)) {
			t.Errorf("%+v: last day %s", c, last.Format(time.DateOnly))
		}
		if got := f.contract().Ends; !c.refused && (got == nil || !got.Equal(last)) {
			t.Errorf("%+v: the contract ends %v", c, got)
		}
	}
}

func TestANoticeThatIsTakenBackEndsNothing(t *testing.T) {
	f := newFirm(t)
	if err := f.agree(nedap(), "2026-01-10"); err != nil {
		t.Fatal(err)
	}
	e, err := f.happen(tenant.Event{Kind: tenant.NoticeGiven, Of: tenant.Customer, Told: day("2026-09-15"), Reference: "brief"}, "2026-09-15")
	if err != nil {
		t.Fatal(err)
	}
	back := func() error {
		return f.in(func(tx pg.Tx) error {
			_, err := tenant.TakeBack(t.Context(), tx, operator, e.ID, "mail", day("2026-09-20"))
			return err
		})
	}
	if err := back(); err != nil || f.contract().Ends != nil {
		t.Errorf("%v, ends %v", err, f.contract().Ends)
	}
	if err := back(); !errors.Is(err, tenant.ErrNoEvent) {
		t.Errorf("taken back twice: %v", err)
	}
}

func TestWhatIsToldTooLateIsRefused(t *testing.T) { // OB-P18
	f := newFirm(t)
	if err := f.agree(nedap(), "2026-01-10"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind            tenant.EventKind
		told, effective string
		refused         bool
	}{
		{tenant.Indexed, "2026-03-01", "2026-04-01", false}, // a month (N-A3.3)
		{tenant.Indexed, "2027-03-02", "2027-04-01", true},
		{tenant.Indexed, "2026-03-01", "2026-07-01", true},      // 1 April only
		{tenant.TermsChange, "2026-03-01", "2026-06-01", false}, // three months (P-12.4)
		{tenant.TermsChange, "2026-03-02", "2026-06-01", true},
		{tenant.ForceMajeure, "2026-03-02", "2027-06-01", true},
		{"price", "2026-03-02", "2027-06-01", true},
	} {
		_, err := f.happen(tenant.Event{Kind: c.kind, Of: tenant.Supplier, Told: day(c.told), Effective: day(c.effective), Reference: "mail"}, c.told)
		if errors.Is(err, tenant.ErrInvalid) != c.refused {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestForceMajeureOfMoreThanThirtyDaysEndsAtOnce(t *testing.T) { // N-A9.4
	f := newFirm(t)
	if err := f.agree(nedap(), "2026-01-10"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.happen(tenant.Event{Kind: tenant.ForceMajeure, Of: tenant.Supplier, Told: day("2026-05-01"), Effective: day("2026-05-01"), Reference: "brand"}, "2026-05-01"); err != nil {
		t.Fatal(err)
	}
	for told, want := range map[string]string{"2026-05-31": "2026-08-31", "2026-06-01": "2026-06-01"} {
		a := f.contract()
		e := tenant.Event{Kind: tenant.NoticeGiven, Of: tenant.Customer, Told: day(told), Reference: "brief"}
		err := f.in(func(tx pg.Tx) error {
			all, err := tenant.Events(t.Context(), tx)
			if err != nil {
				return err
			}
			return a.MayHappen(&e, tenant.Standing(all), day(told))
		})
		if err != nil || !e.Effective.Equal(day(want)) {
			t.Errorf("told %s: the last day is %s (%v)", told, e.Effective.Format(time.DateOnly), err)
		}
	}
}

func TestTheCalendarSaysWhatIsAhead(t *testing.T) { // OB-P18, OB-H12
	a := nedap()
	a.Version = 1
	p, _ := tenant.ProfileOf(tenant.Nedap)
	p.End = tenant.EndTerms{Access: tenant.Span{Months: 1}, Data: tenant.Span{Months: 1}, Backups: tenant.Span{Days: 14}}
	a.Terms, a.Ends = p, of(day("2026-12-31"))
	got := ""
	for _, e := range a.Calendar([]tenant.Event{{ID: 1, Kind: tenant.Used, Service: tenant.Registering}}, day("2026-06-10")) {
		got += fmt.Sprintf("%s %s%s %d %v\n", e.Day.Format(time.DateOnly), e.Kind, e.Service, e.Days, e.Warn)
	}
	want := `2026-02-01 begins -129 false
2026-07-05 first_usepayroll 25 true
2026-12-31 ends 204 true
2027-01-31 access_until 235 true
2027-01-31 data_until 235 true
2027-02-14 backups_until 249 false
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestAServiceThatIsNotTakenIsWarnedOfOnceAndThenNotedWhenItIs(t *testing.T) { // OB-H12
	f := newFirm(t)
	if err := f.agree(nedap(), "2026-01-10"); err != nil {
		t.Fatal(err)
	}
	for _, now := range []string{"2026-05-01", "2026-06-10", "2026-06-11"} {
		if err := f.in(func(tx pg.Tx) error { return tenant.NoteUse(t.Context(), tx, operator, day(now)) }); err != nil {
			t.Fatal(err)
		}
	}
	var all []tenant.Event
	if err := f.in(func(tx pg.Tx) (err error) { all, err = tenant.Events(t.Context(), tx); return err }); err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].Kind != tenant.Warned || !all[0].Effective.Equal(day("2026-07-05")) || !all[0].Told.Equal(day("2026-06-10")) {
		t.Errorf("got %+v", all)
	}
}

func TestEveryProfileHasEveryValue(t *testing.T) {
	for _, p := range tenant.Profiles() {
		if len(p.Precedence) == 0 || p.Availability.Percent != 99 || len(p.Availability.Bands) == 0 || len(p.Responses) == 0 || p.Keep.Months != 3 ||
			p.Breach.Within < 24*time.Hour || len(p.Regions) == 0 || p.ChangedTerms.Months != 3 || p.BackupsKept != 14 {
			t.Errorf("%s: %+v", p.Name, p)
		}
	}
}
