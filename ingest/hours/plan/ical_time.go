package plan

import (
	"strconv"
	"strings"
	"time"

	"tikklok/ingest/hours/calendar"
)

// times reads when an event is, and which occurrence it stands in place of.
func (c *cal) times(e event, row *Row) {
	start, ok := e.one("DTSTART")
	if !ok {
		c.refuse(e.line, "DTSTART", "no-start")
		return
	}
	if row.From, ok = c.local(start, start.value); !ok {
		return
	}
	if of, replaces := e.one("RECURRENCE-ID"); replaces {
		if of.params["RANGE"] != "" {
			c.refuse(of.line, "RECURRENCE-ID", "whole-series")
		}
		if at, ok := c.local(of, of.value); ok {
			row.replaces, row.occurrence = true, &at
		}
	}
	end, ends := e.one("DTEND")
	length, lasts := e.one("DURATION")
	switch {
	case ends:
		row.To, _ = c.local(end, end.value)
	case lasts:
		row.To = row.From // moves with it
		if row.Length, ok = parseDuration(length.value); !ok {
			c.refuse(length.line, "DURATION", "duration", length.value)
		}
	default:
		c.refuse(e.line, "DTEND", "no-end")
	}
}

// local reads a DATE-TIME: in UTC, in a zone, or floating, which is the
// employee's zone.
func (c *cal) local(p property, value string) (l Local, ok bool) {
	value = strings.ToUpper(strings.TrimSpace(value))
	if _, err := time.Parse("20060102", value); err == nil {
		c.refuse(p.line, p.name, "all-day")
		return l, false
	}
	stamp, utc := strings.CutSuffix(value, "Z")
	at, err := time.Parse("20060102T150405", stamp)
	if err != nil {
		c.refuse(p.line, p.name, "stamp", value)
		return l, false
	}
	if at.Year() < 2015 || at.Year() > 2100 {
		c.refuse(p.line, p.name, "year")
		return l, false
	}
	l = Local{Date: calendar.DateOf(at), Minute: at.Hour()*60 + at.Minute()}
	switch id := p.params["TZID"]; {
	case utc:
		l.Zone = time.UTC
	case id != "":
		if l.Zone = c.zone(id); l.Zone == nil {
			c.refuse(p.line, p.name, "zone", id)
			return l, false
		}
	}
	return l, true
}

// windowsZones are names that Microsoft's programs give zones, by CLDR's
// windowsZones.xml.
var windowsZones = map[string]string{
	"W. Europe Standard Time": "Europe/Berlin", "Romance Standard Time": "Europe/Paris",
	"Central Europe Standard Time": "Europe/Budapest", "Central European Standard Time": "Europe/Warsaw",
	"GMT Standard Time": "Europe/London", "GTB Standard Time": "Europe/Bucharest", "FLE Standard Time": "Europe/Kiev", "UTC": "UTC",
}

// zone looks a TZID up: an IANA name, also after a prefix that some programs
// put before it, or one of Microsoft's; nil: unknown.
func (c *cal) zone(id string) *time.Location {
	if zone, known := c.zones[id]; known {
		return zone
	}
	if len(c.zones) > 100 || len(id) > 200 {
		return nil
	}
	parts := strings.Split(id, "/")
	for from := range parts {
		name := strings.Join(parts[from:], "/")
		if iana, ok := windowsZones[name]; ok {
			name = iana
		}
		if name == "" || name == "Local" {
			continue
		}
		if zone, err := time.LoadLocation(name); err == nil {
			c.zones[id] = zone
			return zone
		}
	}
	c.zones[id] = nil
	return nil
}

// parseDuration reads "PT8H30M", "P1D" or "P1DT30M" in minutes, up to a day.
func parseDuration(text string) (minutes int, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "+"), "P")
	if !ok || rest == "" || rest == "T" {
		return 0, false
	}
	units, time := "D", false
	for rest != "" {
		if !time && rest[0] == 'T' {
			rest, units, time = rest[1:], "HMS", true
			continue
		}
		end := strings.IndexAny(rest, "WDHMS")
		if end < 1 || !strings.Contains(units, rest[end:end+1]) {
			return 0, false
		}
		n, err := strconv.ParseUint(rest[:end], 10, 16)
		if err != nil {
			return 0, false
		}
		minutes += int(n) * map[byte]int{'D': 1440, 'H': 60, 'M': 1}[rest[end]]
		rest = rest[end+1:]
	}
	return minutes, minutes > 0 && minutes <= longest
}
