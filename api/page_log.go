package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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

// logPage shows the audit log. The whole chain is checked only when that is
// asked for: it is as long as the contract.
func (s *Server) logPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	before, err := strconv.ParseInt(q.Get("before"), 10, 64)
	if err != nil {
		before = 0
	}
	v := &page.Log{Frame: s.frame(r), Checked: q.Get("check") != ""}
	err = s.inTenant(r.Context(), func(tx pg.Tx) error {
		lines, err := audit.List(r.Context(), tx, before, logLines)
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
		if v.Checked {
			v.Intact, err = intact(r.Context(), tx)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, v)
}

func intact(ctx context.Context, tx pg.Tx) (bool, error) {
	err := audit.Verify(ctx, tx)
	if errors.Is(err, audit.ErrBroken) {
		return false, nil
	}
	return err == nil, err
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
	return page.LogLine{
		ID: l.ID, At: l.At.In(zone), Kind: string(l.By.Kind), By: s.name(string(l.By.Kind), l.By.ID), Action: l.Action,
		SubjectKind: l.SubjectKind, Subject: s.name(l.SubjectKind, l.SubjectID), Details: s.details(l.Payload, zone),
	}
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
