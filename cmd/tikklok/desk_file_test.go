package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
	"tikklok/ingest/privacy/request"
)

// file gathers what is held about who left.
func (g *gone) file() (f request.File) {
	g.t.Helper()
	err := g.app.AsOf(context.Background(), g.tenant, func(tx pg.Tx) error {
		of, err := request.SubjectOf(context.Background(), tx, g.left)
		if err == nil {
			f, err = request.Gather(context.Background(), tx, catalogue(), of, nil, g.now)
		}
		return err
	})
	if err != nil {
		g.t.Fatal(err)
	}
	return f
}

// rows gives some columns of a section, a line a row.
func rows(f request.File, table string, columns ...string) (out []string) {
	for _, s := range f.Sections {
		if s.Table != table {
			continue
		}
		for _, row := range s.Rows {
			var said []string
			for _, name := range columns {
				said = append(said, fmt.Sprint(row[slices.IndexFunc(s.Columns, func(c request.FileColumn) bool { return c.Name == name })]))
			}
			out = append(out, strings.Join(said, " "))
		}
	}
	return out
}

// Who was one of many on a list reads that somebody looked, and how many others
// there were at most; never who (GDPR 15, OB-C4).
func TestTheFileTellsWhoLookedAtListsAndNamesNobodyElse(t *testing.T) {
	g := newGone(t)
	key := audit.Actor{Kind: audit.APIKey, ID: 71}
	g.in(func(ctx context.Context, tx pg.Tx) error {
		for operation, of := range map[string]audit.People{
			"ListEmployees": {All: true},
			"ListPlan":      audit.PeopleOf(g.left, 7007007001, 7007007002, 7007007007),
			"ListFobs":      audit.PeopleOf(7007007001, 7007007002), // the person isn't on it
			"GetEmployee":   audit.PeopleOf(g.left),                 // of them alone: an entry about them
		} {
			for range 2 {
				if err := audit.NoteRead(ctx, tx, key, operation, of); err != nil {
					return err
				}
			}
		}
		return nil
	})
	f := g.file()
	if got, want := rows(f, request.AccessLists, "operation", "actor_kind", "reads", "others"), []string{"ListEmployees api_key 2 1", "ListPlan api_key 2 3"}; !slices.Equal(got, want) {
		t.Errorf("it tells of %q, want %q", got, want)
	}
	var b bytes.Buffer
	if err := f.JSON(&b); err != nil || strings.Contains(b.String(), "7007007") {
		t.Errorf("others are named: %v", err)
	}
	if got := rows(f, "audit_entry", "action"); !slices.Contains(got, "employee.create") || !slices.Contains(got, audit.ReadAction) {
		t.Errorf("it does not say what was done: %v", got)
	}
}

// Content that was purged tells neither who was on a list nor that the person
// wasn't.
func TestAListWhoseContentWasPurgedIsToldAllTheSame(t *testing.T) {
	g := newGone(t)
	g.in(func(ctx context.Context, tx pg.Tx) error {
		return audit.NoteRead(ctx, tx, g.by, "ListPlan", audit.People{All: true})
	})
	pgtest.Exec(t, g.url, "DELETE FROM audit_payload p USING audit_entry e WHERE e.tenant_id = p.tenant_id AND e.entry_id = p.entry_id AND e.action = 'data.read'")
	if got := rows(g.file(), request.AccessLists, "operation", "reads", "others"); !slices.Equal(got, []string{" 1 1"}) {
		t.Errorf("it tells of %q", got)
	}
}

func TestTheRowsOfTheFileStandInOrder(t *testing.T) {
	g := newGone(t)
	pgtest.Exec(t, g.url, "UPDATE worked_day SET minutes = minutes WHERE day = '2026-11-02'") // stands behind the others now
	f := g.file()
	for table, column := range map[string]string{"worked_day": "day", "punch": "at", "audit_entry": "at", "approved_line": "day"} {
		if got := rows(f, table, column); len(got) < 2 || !slices.IsSorted(got) {
			t.Errorf("rows of %s stand as %v", table, got)
		}
	}
}

// Nothing on paper is written as programs do: names with underscores, instants
// of ISO 8601, JSON.
func TestThePaperOfAFileSpeaksWords(t *testing.T) {
	g := newGone(t)
	g.in(func(ctx context.Context, tx pg.Tx) error {
		return audit.NoteRead(ctx, tx, g.by, "ListPlan", audit.People{All: true})
	})
	f := g.file()
	for _, language := range []string{"nl", "en"} {
		text, err := f.Text(language)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(text, "\n") {
			if strings.Contains(line, "_") || strings.Contains(line, "{\"") || strings.Contains(line, "map[") || strings.Contains(line, "T0") && strings.Contains(line, "Z") {
				t.Errorf("%s: %q", language, line)
			}
		}
	}
	if text, _ := f.Text("nl"); !strings.Contains(text, "medewerker toegevoegd") || !strings.Contains(text, "2 nov 2026 08:00") || !strings.Contains(text, "9 mrt 1987") || !strings.Contains(text, "de planning") {
		t.Errorf("it does not say what was done, or when:\n%s", text)
	}
}
