package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/api/sla/incident"
	"tikklok/ingest/pg"
	"tikklok/ingest/tenant"
)

type incidentHoursCommand struct {
	Opens  string   `placeholder:"08:30" help:"In the zone of each customer; without: show what holds."`
	Closes string   `placeholder:"17:00"`
	Days   []string `default:"mon,tue,wed,thu,fri" help:"Dutch holidays are closed."`
	Tenant string   `help:"Name or number of any; needed where there are several."`
}

// Help says for whom they count.
func (incidentHoursCommand) Help() string {
	return `Some contracts (WinBase, 3.6) leave it to the supplier's site when support is open.
These hours are of the whole installation; they stand on the page of each such
customer, and its incidents keep those of the day of their report.

  tikklok incident hours --opens 09:00 --closes 17:30 --days mon,tue,wed,thu,fri`
}

// Run shows the hours, or keeps others.
func (c incidentHoursCommand) Run(ctx context.Context, p place) error {
	return p.inTenant(ctx, c.Tenant, func(tx pg.Tx, _ tenant.Tenant) error {
		if c.Opens != "" || c.Closes != "" {
			hours, err := c.hours()
			if err != nil {
				return err
			}
			if err := incident.PutSupportHours(ctx, tx, hours, time.Now()); err != nil {
				return err
			}
		}
		hours, err := incident.SupportHours(ctx, tx)
		if err == nil {
			fmt.Println(supportText(hours))
		}
		return err
	})
}

// weekdays are the names of days, Sunday first as time.Weekday has them.
func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

func (c incidentHoursCommand) hours() (h incident.Hours, err error) {
	if h.Opens, err = minuteOfDay("opens", c.Opens); err != nil {
		return h, err
	}
	if h.Closes, err = minuteOfDay("closes", c.Closes); err != nil {
		return h, err
	}
	for _, name := range c.Days {
		day := slices.Index(weekdays(), name)
		if day < 0 {
			return h, fmt.Errorf("--days %q is no day; there are %s", name, strings.Join(weekdays(), ", "))
		}
		h.Days |= 1 << day
	}
	return h, nil
}

// minuteOfDay reads 08:30; 24:00 is the next midnight.
func minuteOfDay(name, text string) (int, error) {
	hour, minute, ok := strings.Cut(text, ":")
	h, wrongHour := strconv.ParseUint(hour, 10, 8)
	m, wrongMinute := strconv.ParseUint(minute, 10, 8)
	if !ok || len(minute) != 2 || wrongHour != nil || wrongMinute != nil || m > 59 || h*60+m > 24*60 {
		return 0, fmt.Errorf("--%s %q is not a time of day, such as 08:30", name, text)
	}
	return int(h*60 + m), nil
}

func supportText(h *incident.Hours) string {
	if h == nil {
		return "nobody said when support is open; the service window stands for it: mon,tue,wed,thu,fri 08:30–17:00"
	}
	var days []string
	for day, name := range weekdays() {
		if h.Days.Has(time.Weekday(day)) {
			days = append(days, name)
		}
	}
	return fmt.Sprintf("%s %02d:%02d–%02d:%02d", strings.Join(days, ","), h.Opens/60, h.Opens%60, h.Closes/60, h.Closes%60)
}
