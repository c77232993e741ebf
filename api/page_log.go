package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/pg"
)

// logLines is how many lines of the log one page shows.
const logLines = 100

// logPage shows the audit log: what was done, or who read what. The whole
// chain is verified every night, and when that is asked for (postLogCheck).
func (s *Server) logPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	before, err := strconv.ParseInt(q.Get("before"), 10, 64)
	if err != nil {
		before = 0
	}
	v := &page.Log{Frame: s.frame(r), Reads: q.Get("of") == "reads", MayCheck: s.may(r.Context(), pageLogCheck)}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		lines, err := audit.List(r.Context(), tx, before, logLines, classesOf(v.Reads)...)
		if err != nil {
			return err
		}
		names, err := readSubjects(r.Context(), tx)
		if err != nil {
			return err
		}
		v.Lines = each(lines, func(l audit.Line) page.LogLine { return names.line(l, v.Now.Location()) })
		if len(lines) == logLines {
			v.Before = lines[len(lines)-1].ID
		}
		state, err := audit.StateOf(r.Context(), tx)
		showState(v, state)
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, v)
}

func classesOf(reads bool) []audit.Class {
	if reads {
		return []audit.Class{audit.Access}
	}
	return []audit.Class{audit.Changes, audit.SignIns}
}

// postLogCheck has the chain verified soon.
func (s *Server) postLogCheck(w http.ResponseWriter, r *http.Request) error {
	err := s.inTenant(r.Context(), func(tx pg.Tx) error { return audit.AskCheck(r.Context(), tx) })
	if err != nil {
		return err
	}
	http.Redirect(w, r, page.PathLog, http.StatusSeeOther)
	return nil
}

func showState(v *page.Log, s audit.State) {
	v.Cut, v.Late, v.Waiting = s.Cut, s.Late(v.Now), s.Waiting
	v.Asked, v.Done, v.Total = s.Asked, s.Done, s.Total
	v.Links, v.Breaks = s.Found.Links, each(s.Found.Breaks, func(b audit.Break) page.Message { return breakSaid(b, v.Now.Location()) })
	if !s.Checked.IsZero() {
		v.Checked = s.Checked.In(v.Now.Location())
	}
}

// breakSaid says where a log was altered.
func breakSaid(b audit.Break, zone *time.Location) page.Message {
	where := page.Say("logged.entry", strconv.FormatInt(b.From, 10))
	switch {
	case b.Fault == audit.Unlinked:
		where = page.Plain(strconv.FormatInt(b.From, 10))
	case b.To > b.From:
		where = page.Say("logged.entries", strconv.FormatInt(b.From, 10), strconv.FormatInt(b.To, 10))
	}
	return page.Say("logged.break."+string(b.Fault), where, markSaid(b.Before, zone), markSaid(b.After, zone))
}

func markSaid(m audit.Mark, zone *time.Location) page.Message {
	switch number := strconv.FormatInt(m.Seq, 10); {
	case m.Seq == 0:
		return page.Say("logged.mark.none")
	case m.At.IsZero():
		return page.Say("logged.mark.purged", number)
	default:
		return page.Say("logged.mark", number, m.At.In(zone).Format("2006-01-02 15:04:05"))
	}
}

// subjects are the names of what lines of the log are about, by kind.
type subjects map[string]map[int64]string

func readSubjects(ctx context.Context, tx pg.Tx) (subjects, error) {
	accounts, err := accountNames(ctx, tx)
	if err != nil {
		return nil, err
	}
	employees, err := employeeNames(ctx, tx)
	if err != nil {
		return nil, err
	}
	all, err := fleet.Fobs(ctx, tx)
	fobs := map[int64]string{}
	for _, f := range all {
		fobs[f.ID] = f.Label
	}
	return subjects{"account": accounts, "employee": employees, "fob": fobs}, err
}

// name gives what a subject is called, or its number.
func (s subjects) name(kind string, id int64) string {
	if name := s[kind][id]; name != "" || id == 0 {
		return name
	}
	return strconv.FormatInt(id, 10)
}

func (s subjects) line(l audit.Line, zone *time.Location) page.LogLine {
	details := s.details(l.Payload, zone)
	if l.Action == audit.ReadAction {
		details = readDetails(l)
	}
	return page.LogLine{
		ID: l.ID, At: l.At.In(zone), Kind: string(l.By.Kind), By: s.name(string(l.By.Kind), l.By.ID), Action: l.Action,
		SubjectKind: l.SubjectKind, Subject: s.name(l.SubjectKind, l.SubjectID), Details: details,
	}
}

// readDetails says by which operation and about whom somebody read.
func readDetails(l audit.Line) []page.LogDetail {
	operation, of := l.Read()
	switch {
	case operation == "":
		return nil // purged
	case of.All:
		return []page.LogDetail{{Name: "operation", Value: operation}, {Name: "employees", Said: page.Say("logged.everybody")}}
	case len(of.Spans) == 0:
		return []page.LogDetail{{Name: "operation", Value: operation}, {Name: "employees", Said: page.Say("logged.users")}}
	}
	spans := each(of.Spans, func(s audit.Span) string {
		if s[0] == s[1] {
			return strconv.FormatInt(s[0], 10)
		}
		return strconv.FormatInt(s[0], 10) + "–" + strconv.FormatInt(s[1], 10)
	})
	return []page.LogDetail{{Name: "operation", Value: operation}, {Name: "employees", Value: strings.Join(spans, ", ")}}
}

// details lays a payload out in lines, in the order it was written.
func (s subjects) details(payload json.RawMessage, zone *time.Location) []page.LogDetail {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	var content any
	if len(payload) == 0 || d.Decode(&content) != nil {
		return nil
	}
	var all []page.LogDetail
	s.flatten(&all, "", content, zone)
	return all
}

func (s subjects) flatten(all *[]page.LogDetail, name string, content any, zone *time.Location) {
	switch content := content.(type) {
	case map[string]any:
		for _, key := range sortedKeys(content) {
			s.flatten(all, strings.TrimPrefix(name+"."+strings.ToLower(key), "."), content[key], zone)
		}
		return
	case []any:
		if text, ok := listed(content); ok {
			*all = append(*all, page.LogDetail{Name: name, Value: text})
			return
		}
		for _, one := range content {
			s.flatten(all, name, one, zone)
		}
		return
	}
	if text := s.text(name, content, zone); text != "" {
		*all = append(*all, page.LogDetail{Name: name, Value: text})
	}
}

// listed joins a list of plain values.
func listed(content []any) (string, bool) {
	texts := make([]string, len(content))
	for i, one := range content {
		switch one := one.(type) {
		case string:
			texts[i] = one
		case json.Number:
			texts[i] = one.String()
		default:
			return "", false
		}
	}
	return strings.Join(texts, ", "), len(content) > 0
}

// text gives one plain value; "" where it says nothing.
func (s subjects) text(name string, content any, zone *time.Location) string {
	switch content := content.(type) {
	case json.Number:
		if id, err := content.Int64(); err == nil && s[name] != nil {
			return s.name(name, id)
		}
		return content.String()
	case bool:
		return strconv.FormatBool(content)
	case string:
		at, err := time.Parse(time.RFC3339Nano, content)
		switch {
		case err != nil:
			return content
		case at.Equal(at.UTC().Truncate(24 * time.Hour)):
			return at.Format(time.DateOnly)
		}
		return at.In(zone).Format("2006-01-02 15:04:05")
	}
	return ""
}
