package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll"
	"tikklok/payroll/bi"
	"tikklok/payroll/format"
)

// demo writes a month of taps as the format has it, so that any validator can
// be pointed at the file.
func (c exportCommand) demo(ctx context.Context, p place, month calendar.Period) error {
	db, err := p.openDatabase(ctx)
	if err != nil {
		return err
	}
	defer db.close()
	manifests, err := os.MkdirTemp("", "tikklok-demo-")
	if err != nil {
		return fmt.Errorf("a folder for the manifests: %w", err)
	}
	defer os.RemoveAll(manifests)
	return withDemoMonth(ctx, db.url, month, func(m *demoMonth) error {
		e := exporter{db: m.db, tenant: m.tenant, office: payroll.Office{Manifests: manifests}, by: m.boss, month: month, now: m.now}
		if err := c.furnish(ctx, m, e); err != nil {
			return err
		}
		out, err := c.find(ctx, e)
		if err != nil {
			return err
		}
		return c.save(out)
	})
}

// furnish makes the run, or what else the format needs of a demo month.
func (c exportCommand) furnish(ctx context.Context, m *demoMonth, e exporter) error {
	if _, ok := e.other(ctx, c.Format); ok {
		if c.Corrections {
			if err := m.correct(ctx, e.month); err != nil {
				return err
			}
		}
		if c.Format == "parquet" {
			return m.publish(ctx, e.month)
		}
		return nil
	}
	f, err := formatNamed(c.Format)
	if err != nil {
		return err
	}
	d, err := m.destination(ctx, f)
	if err != nil {
		return err
	}
	if _, err := e.create(ctx, d); err != nil || !c.Corrections {
		return err
	}
	if err := m.correct(ctx, e.month); err != nil {
		return err
	}
	_, err = e.create(ctx, d)
	return err
}

// destination makes one with the format's own examples: a component for each
// of our codes.
func (m *demoMonth) destination(ctx context.Context, f format.Format) (d payroll.Destination, err error) {
	settings, components := format.Settings{}, f.About().Components
	for _, s := range f.Schema() {
		if s.Example != "" {
			settings[s.Key] = s.Example
		}
	}
	err = m.db.InTenant(ctx, m.tenant.ID, func(tx pg.Tx) error {
		if d, err = payroll.CreateDestination(ctx, tx, m.boss, payroll.Destination{Name: "Demo " + f.Name(), Format: f.Name(), Settings: settings}); err != nil {
			return err
		}
		codes, err := payroll.WaitingCodes(ctx, tx, d.ID, m.days)
		if err != nil {
			return err
		}
		mapped := map[string]string{}
		for i, code := range slices.Sorted(maps.Keys(codes)) {
			mapped[code] = components[i%len(components)]
		}
		_, err = payroll.PutCodes(ctx, tx, m.boss, d.ID, mapped)
		return err
	})
	return d, err
}

// correct adds a quarter of an hour to the first line of an employee and takes
// one off another's, as an administrator would, and approves their weeks again.
func (m *demoMonth) correct(ctx context.Context, month calendar.Period) error {
	for i, minutes := range []int{15, -15} {
		line, err := m.firstLine(ctx, m.ids[i], month)
		if err != nil {
			return err
		}
		err = m.db.InTenant(ctx, m.tenant.ID, func(tx pg.Tx) error {
			_, err := hours.Decide(ctx, tx, hours.Decision{Kind: hours.AddMinutes, Employee: line.Employee, Day: line.Day, Site: line.Site,
				Code: line.Code, Minutes: minutes, Reason: "demo", By: m.boss}, m.now)
			return err
		})
		if err != nil {
			return err
		}
		if err := m.compute(ctx); err != nil {
			return err
		}
		if err := m.approveWeek(ctx, line.Day.Week(), line.Employee); err != nil {
			return err
		}
	}
	return nil
}

func (m *demoMonth) firstLine(ctx context.Context, employee int64, month calendar.Period) (hours.Line, error) {
	var lines []hours.Line
	err := m.db.InTenant(ctx, m.tenant.ID, func(tx pg.Tx) (err error) {
		lines, err = hours.ApprovedOf(ctx, tx, []hours.EmployeeDays{{Employee: employee, Days: month}})
		return err
	})
	if err == nil && len(lines) == 0 {
		err = fmt.Errorf("employee %d has no hours to correct", employee)
	}
	if err != nil {
		return hours.Line{}, err
	}
	return lines[0], nil
}

// agree records a contract that allows statistics without persons (OB-P13).
func (m *demoMonth) agree(ctx context.Context, tx pg.Tx) error {
	day := m.days.From.In(time.UTC)
	_, err := tenant.Agree(ctx, tx, m.boss, tenant.Agreement{Profile: tenant.WinBase, Reference: "demo", Signed: day, Starts: day,
		Contact: tenant.Contact{Administrator: m.boss.ID, Fallback: "demo@example.nl", Telephone: "+31 20 000 00 00"}}, m.now)
	return err
}

// publish lets the demo's hours be analysed, and publishes the month.
func (m *demoMonth) publish(ctx context.Context, month calendar.Period) error {
	return m.db.InTenant(ctx, m.tenant.ID, func(tx pg.Tx) error {
		if err := m.agree(ctx, tx); err != nil {
			return err
		}
		if _, err := bi.Allow(ctx, tx, m.boss, true, "demo", m.now); err != nil {
			return err
		}
		_, err := bi.Publish(ctx, tx, bi.Order{By: m.boss, Month: month.From}, m.now)
		return err
	})
}
