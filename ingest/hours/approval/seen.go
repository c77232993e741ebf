package approval

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

// Seen is a text that stands for what an approver saw of a timesheet: a digest
// of its days, lines, exceptions and missing data, and after it the minutes of
// each day and code. The digest alone decides whether something changed. The
// rest comes back with an approver's form only to show what was seen beside
// what is now: whoever alters it misleads nobody but themselves, so it needs no
// store and no signature.
type Seen string

// Any stands for whatever a timesheet is when its turn comes: for programs that
// say so. Who sends nothing saw nothing.
const Any Seen = "any"

// mostSeen is the longest text that is taken for one; longer ones have a
// digest and no more.
const mostSeen = 2000

// SeenOf gives the text of a timesheet. It is at most mostSeen bytes, of
// letters, digits and "-_.:=+!?".
func SeenOf(t hours.Summary) Seen {
	var b bytes.Buffer
	writeLines(&b, t.Lines)
	for i, d := range t.Days {
		fmt.Fprintf(&b, "day %d %d %t\n", i, d.Minutes, d.Running)
		for _, e := range d.Exceptions {
			fmt.Fprintf(&b, "exception %s %s %d\n", e.Kind, e.Tap, e.At)
		}
	}
	for _, m := range t.Missing {
		fmt.Fprintf(&b, "missing %s %d %q %d %d\n", m.Kind, m.Site, m.Device, m.From, m.To)
	}
	sum := sha256.Sum256(b.Bytes())
	digest := hex.EncodeToString(sum[:16])
	text := digest
	for _, c := range sorted(cellsOf(t)) {
		text += "." + c.String()
	}
	if len(text) > mostSeen {
		text = digest
	}
	return Seen(text)
}

func writeLines(b *bytes.Buffer, lines []hours.Difference) {
	for _, l := range lines { // in order: hours sorts them
		fmt.Fprintf(b, "line %s %d %s %s %d\n", l.Date, l.Site, l.Code, l.Kind, l.Minutes)
	}
}

// linesHash gives the SHA-256 of a timesheet's lines: what a level is given for.
func linesHash(t hours.Summary) [32]byte {
	var b bytes.Buffer
	writeLines(&b, t.Lines)
	return sha256.Sum256(b.Bytes())
}

// digest gives the part that decides.
func (s Seen) digest() string {
	d, _, _ := strings.Cut(string(s), ".")
	return d
}

// cell is the minutes of a code on a day, or, with a sign for a code, how many
// exceptions ("!") the day or gaps ("?") the week has.
type cell struct {
	day  int // 0 Monday … 6
	code string
}

type cellMinutes struct {
	cell
	n int
}

func (c cellMinutes) String() string { return fmt.Sprintf("%d:%s=%d", c.day, c.code, c.n) }

func cellsOf(t hours.Summary) map[cell]int {
	sums := map[cell]int{}
	for _, l := range t.Lines {
		code := l.Code
		if l.Kind != hours.LineWorked {
			code += "+" + string(l.Kind)
		}
		sums[cell{l.Date.Sub(t.Week.Monday()), code}] += l.Minutes
	}
	for i, d := range t.Days {
		sums[cell{i, "!"}] = len(d.Exceptions)
	}
	sums[cell{0, "?"}] = len(t.Missing)
	return sums
}

func sorted(sums map[cell]int) []cellMinutes {
	var out []cellMinutes
	for c, n := range sums {
		if n != 0 {
			out = append(out, cellMinutes{c, n})
		}
	}
	slices.SortFunc(out, func(a, b cellMinutes) int { return cmp.Or(a.day-b.day, cmp.Compare(a.code, b.code)) })
	return out
}

// cells reads what was seen; nothing where it can't be read.
func (s Seen) cells() map[cell]int {
	out := map[cell]int{}
	if len(s) > mostSeen {
		return out
	}
	for _, part := range strings.Split(string(s), ".")[1:] {
		day, rest, ok1 := strings.Cut(part, ":")
		code, minutes, ok2 := strings.Cut(rest, "=")
		i, err1 := strconv.Atoi(day)
		n, err2 := strconv.Atoi(minutes)
		if !ok1 || !ok2 || err1 != nil || err2 != nil || i < 0 || i > 6 || code == "" || len(code) > 40 || n < -10080 || n > 10080 {
			return map[cell]int{}
		}
		out[cell{i, code}] = n
	}
	return out
}

// Conflict refuses an approval of something that changed since it was seen.
type Conflict struct {
	Employee int64
	Week     calendar.Week
	Changes  []Change // empty: what changed has no minutes of its own (a site, which tap is asked about)
	Now      Seen     // what approves it as it is now
}

// Change is what was seen and what is now of one code of one day.
type Change struct {
	Day  calendar.Date
	Code string         // "": exceptions, or of Gaps
	Kind hours.LineKind // of the code's line
	Gaps bool           // gaps in the data, of the week as a whole
	Seen int            // minutes, or how many
	Now  int
}

func (c *Conflict) Error() string {
	return fmt.Sprintf("timesheet of week %s changed since it was seen (%d differences); nothing was approved; look again and approve what it says now", c.Week, len(c.Changes))
}

// changed gives a *Conflict when a timesheet is not what was seen.
func (s Seen) changed(t hours.Summary) error {
	now := SeenOf(t)
	if s == Any || s.digest() == now.digest() {
		return nil
	}
	c := &Conflict{Employee: t.Who.ID, Week: t.Week, Now: now}
	seen, is := s.cells(), cellsOf(t)
	all := map[cell]int{}
	for k, n := range is {
		all[k] += n
	}
	for k, n := range seen {
		all[k] -= n
	}
	for _, k := range sorted(all) {
		code, kind, _ := strings.Cut(k.code, "+")
		change := Change{Day: t.Week.Monday().AddDays(k.day), Code: code, Kind: hours.LineKind(kind), Gaps: code == "?", Seen: seen[k.cell], Now: is[k.cell]}
		if code == "!" || code == "?" {
			change.Code = ""
		}
		c.Changes = append(c.Changes, change)
	}
	return c
}
