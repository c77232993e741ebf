// Package privacy promises that nothing is kept about a person that nobody
// declared (I7, OB-P1), and that what is kept can be found, shown and removed
// from the declarations alone.
//
// Each room declares its tables; the program hands all of them over as one
// Catalogue, so that what is erased in a room is erased without importing it.
// The rooms within carry out what contract and law say about them.
package privacy

import (
	"fmt"
	"maps"
	"slices"
)

// Table is what a room declares of a table of its own: every column stands in
// Fields or in Plain. A table without Fields holds nothing about people.
type Table struct {
	Name     string   // in the database
	Room     string   // "ingest/people"
	Subjects []Group  // whom rows are about
	Of       string   // SQL condition over the table as t: whose rows these are, $1 an employee's id (0: none), $2 the ids of the same person's accounts; "": rows are found through no person
	By       string   // SQL condition as Of's: rows about something else in which the person acted as a user; "": none
	Why      Purpose  // of all fields that name none
	Basis    Basis    // of the processing
	Class    Class    // how long it is kept
	Readers  []Reader // who sees it
	Source   Source   // where it comes from
	To       []Recipient
	Erase    Erasure
	Fields   []Field
	Plain    []string          // columns that neither hold nor lead to a person
	Sealed   map[string]string // columns of those that may stand sealed, with the SQL expression over the table as t by which pg.Box opens them
	Local    []string          // columns of those that mean something in this database only, as sealed bytes do: an export leaves them out
}

// Field is a column that holds a personal datum or leads to a person.
type Field struct {
	Column   string
	Kind     Kind
	Why      Purpose // "": the table's
	Optional bool    // off until a tenant switches it on with a purpose (OB-P1)
	Erased   string  // SQL value that it gets where the row stays (EraseValues); "": it stays, and leads nowhere
}

// ByAccount is the usual Table.By.
const ByAccount = "t.by_kind = 'account' AND t.by_id = ANY ($2)"

// Each declares columns of one kind.
func Each(kind Kind, columns ...string) []Field {
	all := make([]Field, len(columns))
	for i, c := range columns {
		all[i] = Field{Column: c, Kind: kind}
	}
	return all
}

// Personal says whether the table holds anything about people.
func (t Table) Personal() bool { return len(t.Fields) > 0 }

// Columns gives the names of all columns, those about people first.
func (t Table) Columns() []string {
	all := make([]string, 0, len(t.Fields)+len(t.Plain))
	for _, f := range t.Fields {
		all = append(all, f.Column)
	}
	return append(all, t.Plain...)
}

// Carried gives the columns that an export carries, those about people first;
// none of a table that means something in this database only.
func (t Table) Carried() []string {
	return slices.DeleteFunc(t.Columns(), func(name string) bool { return slices.Contains(t.Local, name) })
}

// Read gives the SQL expression over the table as t by which a column is read,
// and whether it is to be scanned by way of pg.Box (Box.Text).
func (t Table) Read(column string) (expression string, sealed bool) {
	if expression, sealed = t.Sealed[column]; sealed {
		return expression, true
	}
	return "t." + column, false
}

// Purpose gives what a field is kept for.
func (t Table) Purpose(f Field) Purpose {
	if f.Why != "" {
		return f.Why
	}
	return t.Why
}

// Catalogue is all tables of the database, room after room.
type Catalogue []Table

// Ordered gives the tables each after those that it refers to (References), so
// that rows can be put in in this order and removed in the other.
func (c Catalogue) Ordered(references map[string][]string) Catalogue {
	out, done := make(Catalogue, 0, len(c)), map[string]bool{}
	var put func(t Table)
	put = func(t Table) {
		if done[t.Name] {
			return
		}
		done[t.Name] = true
		for _, name := range references[t.Name] {
			if to, ok := c.Table(name); ok {
				put(to)
			}
		}
		out = append(out, t)
	}
	for _, t := range c {
		put(t)
	}
	return out
}

// Table gives the table of a name.
func (c Catalogue) Table(name string) (Table, bool) {
	i := slices.IndexFunc(c, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return Table{}, false
	}
	return c[i], true
}

// Fields counts the fields that hold or lead to a person.
func (c Catalogue) Fields() int {
	n := 0
	for _, t := range c {
		n += len(t.Fields)
	}
	return n
}

// Column is a column that the database has.
type Column struct{ Table, Name string }

// Uncatalogued gives the columns that nobody declared (I7).
func (c Catalogue) Uncatalogued(there []Column) []Column {
	declared := map[Column]bool{}
	for _, t := range c {
		for _, name := range t.Columns() {
			declared[Column{t.Name, name}] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(there), func(col Column) bool { return declared[col] })
}

// Problems says what is wrong with the declarations, beside the database that
// has these columns: a column twice or not there, a table about people that
// doesn't say why, for how long, who sees it, or how its rows are erased.
func (c Catalogue) Problems(there []Column) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	seen := map[Column]bool{}
	for _, t := range c {
		for _, name := range t.Columns() {
			col := Column{t.Name, name}
			if seen[col] {
				say("%s.%s is declared twice", t.Name, name)
			}
			if seen[col] = true; !slices.Contains(there, col) {
				say("%s.%s is declared by %s and not in the database", t.Name, name, t.Room)
			}
		}
		for _, name := range slices.Concat(t.Local, slices.Collect(maps.Keys(t.Sealed))) {
			if !slices.Contains(t.Columns(), name) {
				say("%s.%s is said to be sealed or local, and not declared", t.Name, name)
			}
		}
		for _, missing := range t.unsaid() {
			say("%s: %s is not said", t.Name, missing)
		}
	}
	return out
}

// unsaid names what a declaration lacks.
func (t Table) unsaid() []string {
	var out []string
	for what, said := range map[string]bool{
		"room": t.Room != "", "subjects": len(t.Subjects) > 0, "purpose": t.Why.known(), "basis": t.Basis.known(),
		"retention class": t.Class.known(), "readers": len(t.Readers) > 0, "source": t.Source.known(), "erasure": t.Erase.known(),
	} {
		if !said && (t.Personal() || what == "room") {
			out = append(out, what)
		}
	}
	for _, f := range t.Fields {
		if !f.Kind.known() {
			out = append(out, "kind of "+f.Column)
		}
	}
	slices.Sort(out)
	return out
}
