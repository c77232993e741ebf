package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tikklok/firmware-sim"
)

// What the company agreed on besides the default rules.
const (
	fullTimeWeek  = 40 * 60
	grace         = 30 // minutes a week that nobody calls overtime yet
	overtimeCode  = "150"
	moreCode      = "MEER"   // minutes above the contract of those who work part-time
	callCode      = "OPROEP" // minutes of calls that nobody worked
	travelCode    = "REIS"
	travelMinutes = 20 // for each day at the hirer's
)

// agree puts the company's rules in force from the first day: of everybody, of
// two contracts, and of the hirer's site.
func (w *world) agree(ctx context.Context) error {
	contracts, err := w.named(ctx, "/api/v1/contracts")
	if err != nil {
		return err
	}
	sites, err := w.named(ctx, "/api/v1/sites")
	if err != nil {
		return err
	}
	var sets struct {
		Items []struct{ Rules map[string]any }
	}
	if err := w.api.call(ctx, "GET", "/api/v1/rules", nil, &sets); err != nil {
		return err
	}
	over := map[string]any{"per": "week", "base": "full_time", "above": grace, "code": overtimeCode, "percent": 150}
	rules := sets.Items[0].Rules // the program's own
	rules["longest_shift"], rules["questioned_shift"] = 12*60, 10*60
	rules["full_time"], rules["overtime"] = fullTimeWeek, []any{over}
	rules["plan"] = map[string]any{"early": 15, "late": 15, "no_show": 60, "notice": 4, "late_code": callCode}
	for _, set := range []map[string]any{
		{"rules": rules},
		{"scope": scope("contract", contracts[partTime]), "patch": map[string]any{"overtime": []any{
			map[string]any{"per": "week", "base": "contract", "above": grace, "code": moreCode, "percent": 100}, over}}},
		{"scope": scope("contract", contracts[byCall]), "patch": map[string]any{"minimum_call": map[string]any{"minutes": 180, "code": callCode}}},
		{"scope": scope("site", sites[yardSite]), "patch": map[string]any{"travel": map[string]any{"minutes": travelMinutes, "code": travelCode, "per": "day"}}},
	} {
		set["from"] = w.people.Begin.Format(time.DateOnly)
		if err := w.api.call(ctx, "PUT", "/api/v1/rules", set, nil); err != nil {
			return err
		}
	}
	return nil
}

func scope(kind string, id int64) map[string]any { return map[string]any{"kind": kind, "id": id} }

// named gives the ids of a list's items by their names.
func (w *world) named(ctx context.Context, path string) (map[string]int64, error) {
	var list struct {
		Items []struct {
			ID   int64
			Name string
		}
	}
	err := w.api.call(ctx, "GET", path, nil, &list)
	ids := map[string]int64{}
	for _, i := range list.Items {
		ids[i.Name] = i.ID
	}
	return ids, err
}

// plan brings the roster of some days as the file that a planning package
// writes.
func (w *world) plan(ctx context.Context, from, to time.Time) error {
	var b strings.Builder
	b.WriteString("personeelsnummer;datum;van;tot;pauze;vestiging\n")
	for _, s := range w.people.Roster(from, to) {
		fmt.Fprintf(&b, "%s;%s;%s;%s;%d;%s\n", number(s.Employee), w.local(s.From, time.DateOnly), w.local(s.From, "15:04"), w.local(s.To, "15:04"), restOf(s), w.siteOf(s.Employee))
	}
	_, err := w.api.raw(ctx, "POST", "/api/v1/plan/import?apply=true", b.String())
	return err
}

// restOf is what a plan of more than five and a half hours has of breaks.
func restOf(s sim.Planned) int {
	if s.To.Sub(s.From) > 330*time.Minute {
		return 30
	}
	return 0
}

func (w *world) siteOf(employee int) string {
	if lent(employee) {
		return yardSite
	}
	return siteName
}

func (w *world) local(t time.Time, layout string) string { return t.In(w.zone).Format(layout) }
