package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type hoursVerify struct {
	Month    string   `required:"" placeholder:"2026-10" help:"The month."`
	Tenant   string   `help:"Name or number; needed where there are several."`
	Employee []string `help:"Employee numbers; without: everybody."`
	JSON     bool     `name:"json" help:"As JSON."`
}

// Help says what is compared.
func (hoursVerify) Help() string {
	return `Works out every tap's time and owner again from what the devices said, computes
the days by the rules and decisions of now, and compares them with those stored.
Nothing is written. It ends with 1 when something differs. Sealed days are left
out and counted, and so are employees whose days wait to be computed.

  tikklok hours verify --month 2026-10
  tikklok hours verify --month 2026-10 --employee 1042 --json`
}

// Run computes a month again (I3, I5).
func (c hoursVerify) Run(ctx context.Context, p place) error {
	first, err := calendar.ParseDate(c.Month + "-01")
	if err != nil {
		return fmt.Errorf("--month %q is not of the form 2026-10", c.Month)
	}
	var v hours.Verification
	err = p.withTenant(ctx, c.Tenant, func(db *pg.DB, t tenant.Tenant) error {
		only, err := c.employees(ctx, db, t.ID)
		if err != nil {
			return err
		}
		bar := newProgress("employees")
		defer bar.end()
		if v, err = hours.Verify(ctx, db, t.ID, calendar.Months.Of(first), only, time.Now(), bar.at); err != nil {
			return err
		}
		var about []int64
		for _, d := range v.Differences {
			about = append(about, d.Employee)
		}
		return db.InTenant(ctx, t.ID, func(tx pg.Tx) error { return noteLook(ctx, tx, "hours verify", about...) })
	})
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		err = e.Encode(v)
	} else {
		c.print(os.Stdout, v)
	}
	if err == nil && len(v.Differences) > 0 {
		err = errFails
	}
	return err
}

func (c hoursVerify) print(w io.Writer, v hours.Verification) {
	for _, d := range v.Differences {
		fmt.Fprintf(w, "%s %s: stored %s; computed %s\n", d.Number, d.Day, d.Stored, d.Computed)
	}
	fmt.Fprintf(w, "%d days of %d employees compared: %d differ", v.Days, v.Employees, len(v.Differences))
	if v.Explained > 0 {
		fmt.Fprintf(w, ", %d have the same hours with another explanation", v.Explained)
	}
	if v.Sealed > 0 {
		fmt.Fprintf(w, "; %d sealed days left out", v.Sealed)
	}
	if v.Waiting > 0 {
		fmt.Fprintf(w, "; %d employees left out, their days wait to be computed", v.Waiting)
	}
	fmt.Fprintln(w)
}

// employees gives the ids of those asked for; nil: all.
func (c hoursVerify) employees(ctx context.Context, db *pg.DB, tenant int64) (ids []int64, err error) {
	if len(c.Employee) == 0 {
		return nil, nil
	}
	err = db.InTenant(ctx, tenant, func(tx pg.Tx) error {
		for _, number := range c.Employee {
			e, err := people.EmployeeByNumber(ctx, tx, number)
			if err != nil {
				return fmt.Errorf("employee %q: %w", number, err)
			}
			ids = append(ids, e.ID)
		}
		return nil
	})
	return ids, err
}
