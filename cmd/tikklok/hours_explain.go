package main

import (
	"context"
	"fmt"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/hours/wording"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type hoursExplain struct {
	Employee string `required:"" help:"Personnel number."`
	Day      string `required:"" help:"As in 2026-11-10."`
	Language string `default:"nl" help:"nl, en, pl, de or ro."`
	Tenant   string `help:"Name or number; needed where there are several."`
}

// Run explains a day as the pages do. Who looked is written down (OB-C4).
func (c hoursExplain) Run(ctx context.Context, p place) error {
	day, err := calendar.ParseDate(c.Day)
	if err != nil {
		return err
	}
	var text string
	err = p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error {
		e, err := people.EmployeeByNumber(ctx, tx, c.Employee)
		if err != nil {
			return err
		}
		x, err := hours.Explain(ctx, tx, e.ID, day)
		if err != nil {
			return err
		}
		zone, err := time.LoadLocation(x.Day.Zone)
		if err != nil {
			return fmt.Errorf("the day's zone: %w", err)
		}
		if text, err = wording.Text(x, c.Language, zone); err != nil {
			return err
		}
		return noteLook(ctx, tx, "hours explain", e.ID)
	})
	if err == nil {
		fmt.Print(text)
	}
	return err
}
