package api

import (
	"net/http"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/pg"
)

func (s *Server) rulesPage(w http.ResponseWriter, r *http.Request) error {
	v := &page.Rules{Frame: s.frame(r)}
	err := s.inTenant(r.Context(), func(tx pg.Tx) error {
		sets, err := hours.RuleSets(r.Context(), tx)
		for i, set := range sets { // oldest first; the page has the newest on top
			line := page.RuleSet{Version: set.Version, From: set.From.In(v.Now.Location()), Lines: ruleLines(set.Rules)}
			if i+1 < len(sets) {
				line.Until = sets[i+1].From.AddDays(-1).In(v.Now.Location())
			}
			v.Sets = append([]page.RuleSet{line}, v.Sets...)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, v)
}

func ruleLines(r rule.Rules) []page.RuleLine {
	lines := []page.RuleLine{
		{Name: page.Say("rule.double"), Value: page.Say("rule.double.value", r.DoubleTapSeconds)},
		{Name: page.Say("rule.uncertainty"), Value: page.Say("rule.uncertainty.value", r.UncertaintySeconds)},
		{Name: page.Say("rule.longest"), Value: page.Say("rule.longest.value", page.Minutes(r.LongestShift))},
		{Name: page.Say("rule.questioned"), Value: page.Say("rule.questioned.value", page.Minutes(r.QuestionedShift))},
	}
	for _, b := range r.Breaks {
		lines = append(lines, page.RuleLine{Name: page.Say("rule.autobreak"), Value: page.Say("rule.autobreak.value", b.Minutes, page.Minutes(b.Above))})
	}
	if len(r.Breaks) == 0 {
		lines = append(lines, page.RuleLine{Name: page.Say("rule.autobreak"), Value: page.Say("rule.no-autobreak")})
	}
	rounding := page.Say("rule.none")
	if r.Rounding.To > 0 {
		rounding = page.Say("rule.rounding.value", r.Rounding.To)
	}
	lines = append(lines, page.RuleLine{Name: page.Say("rule.rounding"), Value: rounding})
	lines = append(lines, page.RuleLine{Name: page.Say("rule.band", r.NormalCode), Value: page.Say("rule.normal")})
	for _, b := range r.Bands {
		lines = append(lines, page.RuleLine{Name: page.Say("rule.band", b.Code), Value: bandWhen(b)})
	}
	holidays := page.Parts(each(r.Holidays, func(name string) page.Message { return page.Say("rule.holiday." + name) }))
	return append(lines, page.RuleLine{Name: page.Say("rule.holidays"), Value: page.Say("plain", holidays)})
}

// bandWhen says when a band holds: "zondag en feestdag, hele dag · 200 %".
func bandWhen(b rule.Band) page.Message {
	days := page.Parts(each(b.Days, func(day string) page.Message { return page.Say("band-days." + day) }))
	hour := page.Say("rule.band.hours", b.From, b.To)
	if b.From == "00:00" && b.To == "24:00" {
		hour = page.Say("rule.band.all-day")
	}
	if len(days) == 0 {
		return page.Say("rule.band.daily", hour, b.Percent)
	}
	return page.Say("rule.band.value", days, hour, b.Percent)
}
