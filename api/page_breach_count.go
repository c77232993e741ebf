package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/fleet"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/breach"
	"tikklok/ingest/privacy/wording"
)

// whoCounts are the accounts, keys and gateways by which can be counted.
func whoCounts(ctx context.Context, tx pg.Tx, chosen string, now time.Time) ([]page.Option, error) {
	accounts, err := people.Accounts(ctx, tx)
	if err != nil {
		return nil, err
	}
	keys, err := people.Keys(ctx, tx, now)
	if err != nil {
		return nil, err
	}
	gateways, err := fleet.Gateways(ctx, tx)
	out := []page.Option{{Label: "–"}}
	add := func(kind audit.ActorKind, id int64, label string) {
		value := fmt.Sprintf("%s.%d", kind, id)
		out = append(out, page.Option{Value: value, Label: label, Chosen: value == chosen})
	}
	for _, a := range accounts {
		add(audit.Account, a.ID, a.Name)
	}
	for _, k := range keys {
		add(audit.APIKey, k.ID, k.Name)
	}
	for _, g := range gateways {
		add(audit.Gateway, g.ID, g.Name)
	}
	return out, err
}

// tablesCounted are the tables about employees.
func (s *Server) tablesCounted(v *page.Breach) []page.Option {
	out := []page.Option{{Label: "–"}}
	words, err := wording.In(v.Language)
	for _, t := range s.cfg.Catalogue {
		if !t.Personal() || t.Of == "" || !slices.Contains(t.Subjects, privacy.Employees) {
			continue
		}
		o := page.Option{Value: t.Name, Label: t.Name, Chosen: t.Name == v.Counts.Values["table"]}
		if err == nil {
			o.Label = words.Table(t.Name)
		}
		out = append(out, o)
	}
	return out
}

// countFor counts whom a breach may affect, where that is asked for.
func (s *Server) countFor(r *http.Request, tx pg.Tx, v *page.Breach) error {
	if r.FormValue("count") == "" || r.Method != http.MethodGet {
		return nil
	}
	zone := v.Now.Location()
	f := breach.Filter{From: momentOf(v.Counts, "count_from", zone), Until: momentOf(v.Counts, "count_until", zone),
		Table: v.Counts.Values["table"], Operation: v.Counts.Values["operation"]}
	if !slices.ContainsFunc(v.Who, func(o page.Option) bool { return o.Value == v.Counts.Values["who"] }) {
		v.Counts.Problems["who"] = page.Say("breach.refused.who")
	}
	if kind, number, some := strings.Cut(v.Counts.Values["who"], "."); some {
		f.By.Kind = audit.ActorKind(kind)
		f.By.ID, _ = strconv.ParseInt(number, 10, 64) // one of v.Who
	}
	if v.Counts.Problem() {
		return nil
	}
	c, err := breach.CountPeople(r.Context(), tx, s.cfg.Catalogue, f)
	var no *privacy.Refused
	if errors.As(err, &no) {
		v.Counts.Problems[strings.Replace(no.Field, "until", "count_until", 1)] = page.Say("breach.refused." + no.Why)
		return nil
	}
	if err != nil {
		return err
	}
	words, err := wording.In(v.Language)
	v.Count = &page.BreachCount{Least: c.Least, Most: c.Most, Looks: c.Looks, Kinds: strings.Join(each(c.Kinds, words.Kind), ", ")}
	return err
}
