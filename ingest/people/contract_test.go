package people_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

func on(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)
}

func (o *office) employee(number string) (id int64) {
	o.Helper()
	o.do(func(tx pg.Tx) (err error) {
		id, err = people.CreateEmployee(o.Context(), tx, operator, people.Employee{Number: number, Surname: "Bos", ContractMinutes: 2400, From: hired})
		return err
	})
	return id
}

func TestTermsReplaceThoseOfTheirDayAndAreDropped(t *testing.T) {
	o := newOffice(t)
	id := o.employee("1")
	o.do(func(tx pg.Tx) error {
		contract, err := people.SaveContract(o.Context(), tx, operator, people.Contract{Name: " Part time "})
		if err != nil {
			return err
		}
		return errors.Join(
			people.SaveTerms(o.Context(), tx, operator, people.Terms{Employee: id, From: on(2, 1), Contract: contract, Minutes: 1200}),
			people.SaveTerms(o.Context(), tx, operator, people.Terms{Employee: id, From: on(5, 1), Minutes: 1800}),
			people.SaveTerms(o.Context(), tx, operator, people.Terms{Employee: id, From: on(2, 1), Contract: contract, Minutes: 1500}),
			people.DropTerms(o.Context(), tx, operator, id, on(5, 1)))
	})
	o.do(func(tx pg.Tx) error {
		all, err := people.TermsOf(o.Context(), tx, id)
		if len(all) != 1 || all[0].Minutes != 1500 || !all[0].From.Equal(on(2, 1)) || all[0].Contract == 0 {
			t.Errorf("%+v", all)
		}
		return err
	})
	for name, try := range map[string]func(pg.Tx) error{
		"dropped twice": func(tx pg.Tx) error { return people.DropTerms(o.Context(), tx, operator, id, on(5, 1)) },
		"of nobody": func(tx pg.Tx) error {
			return people.SaveTerms(o.Context(), tx, operator, people.Terms{Employee: 99, From: on(2, 1)})
		},
		"an unknown contract": func(tx pg.Tx) error {
			return people.SaveTerms(o.Context(), tx, operator, people.Terms{Employee: id, From: on(2, 1), Contract: 99})
		},
	} {
		if err := o.try(try); !errors.Is(err, people.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []people.Terms{{Employee: id}, {Employee: id, From: on(2, 1), Minutes: -1}, {Employee: id, From: on(2, 1), Minutes: 10081}} {
		if err := o.try(func(tx pg.Tx) error { return people.SaveTerms(o.Context(), tx, operator, bad) }); !errors.Is(err, people.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestASiteIsOfOneHirer(t *testing.T) {
	o := newOffice(t)
	north := pgtest.Exec(t, o.url, "INSERT INTO site (tenant_id, name) VALUES ($1, 'North') RETURNING site_id", o.tenant)
	south := pgtest.Exec(t, o.url, "INSERT INTO site (tenant_id, name) VALUES ($1, 'South') RETURNING site_id", o.tenant)
	save := func(h people.Hirer) (id int64, err error) {
		return id, o.try(func(tx pg.Tx) (err error) {
			id, err = people.SaveHirer(o.Context(), tx, operator, h)
			h.ID = id
			return err
		})
	}
	hirers := func() string {
		var all []people.Hirer
		o.do(func(tx pg.Tx) (err error) {
			all, err = people.Hirers(o.Context(), tx)
			return err
		})
		var text []string
		for _, h := range all {
			text = append(text, fmt.Sprint(h.Name, h.Sites))
		}
		return strings.Join(text, " ")
	}
	if _, err := save(people.Hirer{Name: "Acme", Sites: []int64{north, south, south}}); err != nil {
		t.Fatal(err)
	}
	if _, err := save(people.Hirer{Name: "Bolt", Sites: []int64{south}}); err != nil {
		t.Fatal(err)
	}
	if got, want := hirers(), fmt.Sprintf("Acme[%d] Bolt[%d]", north, south); got != want {
		t.Errorf("hirers %s, want %s", got, want)
	}
	for name, c := range map[string]struct {
		h    people.Hirer
		want error
	}{
		"the name of another": {people.Hirer{Name: "Acme"}, people.ErrNameTaken},
		"an unknown site":     {people.Hirer{Name: "Cobra", Sites: []int64{9999}}, people.ErrNotFound},
		"an unknown hirer":    {people.Hirer{ID: 9999, Name: "Cobra"}, people.ErrNotFound},
		"no name":             {people.Hirer{Name: " "}, people.ErrInvalid},
	} {
		if _, err := save(c.h); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAssignmentsAreKeptAndChanged(t *testing.T) {
	o := newOffice(t)
	id, other := o.employee("1"), o.employee("2")
	a := people.Assignment{Employee: id, Number: " A-1 ", CostCentre: "410", From: on(2, 1)}
	save := func(a people.Assignment) (id int64, err error) {
		return id, o.try(func(tx pg.Tx) (err error) {
			id, err = people.SaveAssignment(o.Context(), tx, operator, a)
			a.ID = id
			return err
		})
	}
	o.do(func(tx pg.Tx) (err error) {
		a.ID, err = people.SaveAssignment(o.Context(), tx, operator, a)
		return err
	})
	until := on(6, 30)
	a.Until, a.CostCentre = &until, "420"
	if _, err := save(a); err != nil {
		t.Fatal(err)
	}
	o.do(func(tx pg.Tx) error {
		all, err := people.AssignmentsOf(o.Context(), tx, id)
		if len(all) != 1 || all[0].Number != "A-1" || all[0].CostCentre != "420" || all[0].Until == nil || !all[0].Until.Equal(until) {
			t.Errorf("%+v", all)
		}
		return err
	})
	long := strings.Repeat("x", 51)
	before := on(1, 1)
	for name, c := range map[string]struct {
		change func(*people.Assignment)
		want   error
	}{
		"no number":          {func(a *people.Assignment) { a.Number = "" }, people.ErrInvalid},
		"a long number":      {func(a *people.Assignment) { a.Number = long }, people.ErrInvalid},
		"a long cost centre": {func(a *people.Assignment) { a.CostCentre = long }, people.ErrInvalid},
		"over before it is":  {func(a *people.Assignment) { a.Until = &before }, people.ErrInvalid},
		"no first day":       {func(a *people.Assignment) { a.From = time.Time{} }, people.ErrInvalid},
		"an unknown hirer":   {func(a *people.Assignment) { a.Hirer = 99 }, people.ErrNotFound},
		"an unknown site":    {func(a *people.Assignment) { a.Site = 99 }, people.ErrNotFound},
		"of another":         {func(a *people.Assignment) { a.Employee = other }, people.ErrNotFound},
	} {
		bad := a
		c.change(&bad)
		if _, err := save(bad); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
