package bi

import (
	"cmp"
	"slices"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/payroll/format"
)

// cell is what is said of the lines in it, all of one month. A blanked part is
// empty.
type cell struct {
	day    calendar.Date
	site   string
	centre string
	code   string
	kind   hours.LineKind // never blank: minutes worked and those beside them are not added up
}

func cellOf(l format.Line) cell { return cell{l.Day, l.Site, l.CostCentre, l.Code, l.Kind} }

// mostBlank is the last level of blanking: month and kind are left.
const mostBlank = 4

// blank gives the cell with so many parts left out, the first to go first.
func (c cell) blank(level int) cell {
	if level >= 1 {
		c.centre = ""
	}
	if level >= 2 {
		c.site = ""
	}
	if level >= 3 {
		c.day = calendar.Date{}
	}
	if level >= mostBlank {
		c.code = ""
	}
	return c
}

func (c cell) compare(o cell) int {
	return cmp.Or(cmp.Compare(c.day.Year, o.day.Year), cmp.Compare(c.day.Month, o.day.Month), cmp.Compare(c.day.Day, o.day.Day),
		cmp.Compare(c.site, o.site), cmp.Compare(c.centre, o.centre), cmp.Compare(c.code, o.code), cmp.Compare(c.kind, o.kind))
}

// crowd counts the people of a cell, as far as it matters, and its lines.
type crowd struct {
	people [Least]int64
	n      int
	lines  int
}

func (c crowd) enough() bool { return c.n == Least }

func (c *crowd) add(person int64) {
	if c.n < Least && !slices.Contains(c.people[:c.n], person) {
		c.people[c.n] = person
		c.n++
	}
}

func (c *crowd) join(o crowd) {
	for _, p := range o.people[:o.n] {
		c.add(p)
	}
	c.lines += o.lines
}

// crowds counts the lines of a month by cell.
type crowds map[cell]crowd

func (cs crowds) count(l format.Line) {
	c := cs[cellOf(l)]
	c.add(l.Employee)
	c.lines++
	cs[cellOf(l)] = c
}

// group is cells that are published as one.
type group struct {
	cell  cell // with its parts blanked
	of    []cell
	level int
	crowd
}

// levels says how much of each cell is blanked; one that is not in it is held
// back.
type levels map[cell]int

// part joins cells until each group has Least people. What has fewer is blanked
// one part further and joined with whatever else came there; where that is
// still too few, the smallest group that was settled beneath is blanked along,
// so that what is blank can't be told by subtracting what is not (OB-P13).
// What has nothing to join is held back. The same cells give the same levels.
func (cs crowds) part() levels {
	var settled []group
	rest := make([]group, 0, len(cs))
	for c, n := range cs {
		rest = append(rest, group{cell: c, of: []cell{c}, crowd: n})
	}
	for level := range mostBlank + 1 {
		settled, rest = settle(settled, gather(rest, level), level)
	}
	found := levels{}
	for _, g := range settled {
		for _, c := range g.of {
			found[c] = g.level
		}
	}
	return found
}

// settle gives the groups that have enough people at a level, and the rest.
func settle(before, groups []group, level int) (settled, rest []group) {
	beneath := map[cell][]group{}
	for _, g := range before {
		in := g.cell.blank(level)
		beneath[in] = append(beneath[in], g)
	}
	for _, g := range groups {
		if near := beneath[g.cell]; !g.enough() && len(near) > 0 {
			i := smallest(near)
			g.take(near[i])
			beneath[g.cell] = slices.Delete(near, i, i+1)
		}
		if g.level = level; g.enough() {
			settled = append(settled, g)
		} else {
			rest = append(rest, g)
		}
	}
	for _, near := range beneath {
		settled = append(settled, near...)
	}
	return settled, rest
}

// gather joins groups that are the same cell at a level of blanking.
func gather(groups []group, level int) []group {
	slices.SortFunc(groups, func(a, b group) int {
		return cmp.Or(a.cell.blank(level).compare(b.cell.blank(level)), a.cell.compare(b.cell))
	})
	var out []group
	for _, g := range groups {
		g.cell = g.cell.blank(level)
		if n := len(out); n > 0 && out[n-1].cell == g.cell {
			out[n-1].take(g)
			continue
		}
		out = append(out, g)
	}
	return out
}

func (g *group) take(o group) {
	g.join(o.crowd)
	g.of = append(g.of, o.of...)
}

// smallest gives the place of the group with the fewest lines.
func smallest(groups []group) int {
	best := 0
	for i, g := range groups {
		if cmp.Or(cmp.Compare(g.lines, groups[best].lines), g.cell.compare(groups[best].cell), cmp.Compare(g.level, groups[best].level)) < 0 {
			best = i
		}
	}
	return best
}

// hide blanks of a row what its cell's level says. The employee goes with the
// first part: their other rows would fill it in again.
func (r Row) hide(level int) Row {
	c := cell{day: r.Day, site: r.Site, centre: r.CostCentre, code: r.Code, kind: r.Kind}.blank(level)
	r.Day, r.Site, r.CostCentre, r.Code = c.day, c.site, c.centre, c.code
	if level > 0 {
		r.Employee = Surrogate{}
	}
	return r
}
