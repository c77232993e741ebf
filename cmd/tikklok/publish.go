package main

import (
	"context"
	"fmt"
	"time"

	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
	"tikklok/payroll/bi"
)

type publishCommand struct {
	Month  string `placeholder:"2026-10" help:"The month; without: the last whole one."`
	Tenant string `help:"Name or number; needed where there are several."`
}

// Help says when it is needed, and what happens when it is stopped.
func (publishCommand) Help() string {
	return `Publishes a month's approved hours for analysis, without people, where an
administrator allowed it: what the Exports page does, for months of more lines
than anybody waits for there. All of a month's lines are published at once:
stopped halfway nothing is, and it can be begun again.

  tikklok publish --month 2026-10`
}

// Run publishes a month (OB-P13).
func (c publishCommand) Run(ctx context.Context, p place) error {
	month, err := monthOf(c.Month, time.Now())
	if err != nil {
		return err
	}
	var done bi.Publication
	bar := newProgress("lines, each gone through twice")
	err = p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) (err error) {
		done, err = bi.Publish(ctx, tx, bi.Order{By: operator, Month: month.From, Progress: bar.at}, time.Now())
		return err
	})
	bar.end()
	if err == nil {
		fmt.Printf("published %d lines of %s to %s; %d wait, which fewer than %d people share\n", done.Lines, month.From, month.To, done.Held, bi.Least)
	}
	return err
}
