package api

import (
	"cmp"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tikklok/api/page"
	"tikklok/ingest/hours/rule"
	"tikklok/ingest/people"
)

var (
	formInput    = regexp.MustCompile(`<input [^>]*>`)
	formSelect   = regexp.MustCompile(`(?s)<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>`)
	formChosen   = regexp.MustCompile(`<option value="([^"]*)" selected>`)
	formFirst    = regexp.MustCompile(`<option value="([^"]*)"`)
	formDocument = regexp.MustCompile(`name="document" value="([^"]*)"`)
)

// typed gives the pairs that a browser would post of a page's first form.
func typed(t *testing.T, body string) (pairs []string) {
	t.Helper()
	start := strings.Index(body, `<form method="post" action="/rules`)
	if start < 0 {
		t.Fatalf("there is no form in %.400s", body)
	}
	body = body[start : start+strings.Index(body[start:], "</form>")]
	attribute := func(tag, name string) string {
		if m := regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(tag); m != nil {
			return html.UnescapeString(m[1])
		}
		return ""
	}
	for _, tag := range formInput.FindAllString(body, -1) {
		if attribute(tag, "type") == "checkbox" && !strings.Contains(tag, " checked") {
			continue
		}
		pairs = append(pairs, attribute(tag, "name"), attribute(tag, "value"))
	}
	for _, m := range formSelect.FindAllStringSubmatch(body, -1) {
		chosen := formChosen.FindStringSubmatch(m[2])
		if chosen == nil {
			chosen = formFirst.FindStringSubmatch(m[2])
		}
		pairs = append(pairs, m[1], html.UnescapeString(chosen[1]))
	}
	return pairs
}

// with replaces what was typed in a field; "": it is left out.
func with(pairs []string, name string, values ...string) (out []string) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] != name {
			out = append(out, pairs[i], pairs[i+1])
		}
	}
	for _, v := range values {
		out = append(out, name, v)
	}
	return out
}

// previewed gives the document that a preview would save.
func previewed(t *testing.T, body []byte) string {
	t.Helper()
	m := formDocument.FindStringSubmatch(string(body))
	if m == nil {
		t.Fatalf("no document in %.300s", body)
	}
	return html.UnescapeString(m[1])
}

func editor(t *testing.T) (c *client, h *house) {
	h = newHouse(t)
	_, id := h.administrator("Acme")
	h.account(id, "boss@example.org", people.Administrator, people.Approver)
	return h.visit("boss@example.org"), h
}

func TestTheFormLeavesTheRulesAsTheyAre(t *testing.T) {
	c, _ := editor(t)
	a := c.want(http.StatusOK, c.post("/rules/preview", typed(t, c.see("/rules/edit", "longest_shift"))...))
	got, err := rule.Parse([]byte(previewed(t, a.body)))
	if err != nil {
		t.Fatal(err)
	}
	want, _ := json.Marshal(rule.Default().Rules)
	if text, _ := json.Marshal(got); string(text) != string(want) {
		t.Errorf("became %s, was %s", text, want)
	}
}

func TestEveryFieldOfTheDocumentCanBeTyped(t *testing.T) {
	var known []string
	for _, g := range ruleGroups() {
		known = append(known, g.tops()...)
	}
	for _, field := range rule.Fields() {
		if !slices.Contains(known, field) {
			t.Errorf("%s is in no group of the editor", field)
		}
	}
}

func TestRulesAreTypedPreviewedAndSaved(t *testing.T) {
	c, _ := editor(t)
	form := typed(t, c.see("/rules/edit", "longest_shift"))
	form = with(form, "rounding.per", "day")
	form = with(form, "rounding.to", "15")
	form = with(form, "full_time", "40")
	form = with(form, "from", "2026-12-01")
	for name, v := range map[string]string{"code": "OVER", "percent": "150", "per": "week", "base": "full_time", "above": "0:30"} {
		form = with(form, "overtime.0."+name, v)
	}
	form = with(form, "breaks.1.above", "10:00")
	form = with(form, "breaks.1.minutes", "45")
	form = with(form, "bands.2.days", "sun", "holiday")
	form = with(form, "take_up_codes", "TVT, ADV")
	a := c.want(http.StatusOK, c.post("/rules/preview", form...))
	document := previewed(t, a.body)
	r, err := rule.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	if r.Rounding != (rule.Rounding{Per: rule.RoundDay, To: 15}) || r.FullTime != 2400 || len(r.Overtime) != 1 || r.Overtime[0] != (rule.Overtime{Per: "week", Base: "full_time", Above: 30, Code: "OVER", Percent: 150}) ||
		len(r.Breaks) != 2 || r.Breaks[1].Above != 600 || !slices.Equal(r.Bands[2].Days, []string{"sun", "holiday"}) || !slices.Equal(r.TakeUpCodes, []string{"TVT", "ADV"}) {
		t.Errorf("typed became %s", document)
	}
	back := c.want(http.StatusOK, c.post("/rules/edit", typed(t, string(a.body))...)) // what was typed is not lost
	if !strings.Contains(string(back.body), `value="OVER"`) {
		t.Error("going back loses what was typed")
	}
	c.want(http.StatusSeeOther, c.post("/rules", typed(t, string(a.body))...))
	c.see("/rules", "OVER")
	c.see("/rules/history", "OVER", "boss")
	if text := c.see("/rules/document", ""); !strings.Contains(text, `"full_time"`) && !strings.Contains(text, "normal_code") {
		t.Errorf("the document is %s", text)
	}
}

func TestWhatIsTypedWrongIsShownBesideItsField(t *testing.T) {
	c, _ := editor(t)
	form := typed(t, c.see("/rules/edit", "longest_shift"))
	for _, bad := range []struct{ name, value, id string }{
		{"shortest_gap", "long", "r-shortest_gap-problem"},
		{"shortest_gap", "long", `value="long"`}, // can be mended
		{"longest_shift", "ever", "r-longest_shift-problem"},
		{"longest_shift", "30:00", "r-longest_shift-problem"},
		{"questioned_shift", "15:00", "r-questioned_shift-problem"},
		{"bands.1.code", "120", "r-bands.1.code-problem"},
		{"breaks.0.above", "x", "r-breaks.0.above-problem"},
	} {
		c.refused("/rules/preview", bad.id, with(form, bad.name, bad.value)...)
	}
	for _, bad := range []struct{ name, value string }{{"days_from", "2020-01-01"}, {"days_to", "soon"}, {"from", "never"}, {"from", "1999-01-01"}, {"normal_code", "a b"}} {
		c.refused("/rules/preview", "role=\"alert\"", with(form, bad.name, bad.value)...)
	}
	c.refused("/rules/preview", "tea", "document", `{"tea":1}`)
	c.refused("/rules/preview", "role=\"alert\"", "document", `{`)
	c.want(http.StatusNotFound, c.do("GET", "/rules/edit?scope=site-99", nil))
	c.want(http.StatusNotFound, c.do("GET", "/rules/edit?scope=tea", nil))
	c.want(http.StatusNotFound, c.do("GET", "/rules/holidays?year=9", nil))
	c.refused2(t, "/rules/edit?for=employee&number=none")
}

// refused2 asks for a page that says what is wrong.
func (c *client) refused2(t *testing.T, path string) {
	t.Helper()
	c.want(http.StatusUnprocessableEntity, c.do("GET", path, nil))
}

func TestALayerHoldsOnlyWhatDiffers(t *testing.T) {
	c, _ := editor(t)
	c.want(http.StatusSeeOther, c.post("/devices/sites", "name", "Noord"))
	rules := c.see("/rules", "Noord")
	site := regexp.MustCompile(`site-\d+`).FindString(rules)
	form := with(with(typed(t, c.see("/rules/edit?scope="+site, "Noord")), "paid_breaks", "15"), "from", "2026-12-01")
	a := c.want(http.StatusOK, c.post("/rules/preview", form...))
	if got := previewed(t, a.body); got != `{"paid_breaks":15}` {
		t.Errorf("the patch is %s", got)
	}
	c.want(http.StatusSeeOther, c.post("/rules", typed(t, string(a.body))...))
	c.see("/rules", "Noord", "15 min")
	// Back to the wider rules.
	form = append(with(typed(t, c.see("/rules/edit?from=2026-12-02&scope="+site, "reset.paid_breaks")), "from", "2026-12-02"), "reset.paid_breaks", "yes")
	a = c.want(http.StatusOK, c.post("/rules/preview", form...))
	if got := previewed(t, a.body); got != `{}` {
		t.Errorf("the patch is %s", got)
	}
}

func TestSomebodyElsesChangeIsNotOverwritten(t *testing.T) {
	c, _ := editor(t)
	form := with(typed(t, c.see("/rules/edit", "longest_shift")), "paid_breaks", "15")
	first := c.want(http.StatusOK, c.post("/rules/preview", form...))
	second := c.want(http.StatusOK, c.post("/rules/preview", with(form, "paid_breaks", "20")...))
	c.want(http.StatusSeeOther, c.post("/rules", typed(t, string(first.body))...))
	c.want(http.StatusConflict, c.post("/rules", typed(t, string(second.body))...))
	c.refused("/rules/preview", "role=\"alert\"", form...)
}

func TestTheHolidaysOfAYearAreProposedAndKept(t *testing.T) {
	c, _ := editor(t)
	body := c.see("/rules/holidays?year=2031", "2031-04-26", "2031-05-05") // King's Day is kept on Saturday the 26th
	form := with(typed(t, body), "code", "FEEST")
	a := c.want(http.StatusOK, c.post("/rules/holidays", form...))
	r, err := rule.Parse([]byte(previewed(t, a.body)))
	if err != nil {
		t.Fatal(err)
	}
	days := map[string]bool{}
	for _, h := range r.HolidayTable {
		days[h.Day.String()] = h.Paid
	}
	if _, may := days["2031-05-05"]; len(days) != 7 || !days["2031-12-25"] || may || r.HolidayCode != "FEEST" {
		t.Errorf("table %v, code %q", days, r.HolidayCode)
	}
	c.want(http.StatusSeeOther, c.post("/rules", typed(t, string(a.body))...))
	if strings.Contains(c.see("/rules/holidays?year=2031&from=2031-01-01", "2031-04-26"), "2031-05-05") {
		t.Error("the table is proposed again")
	}
	c.refused("/rules/holidays", "role=\"alert\"", with(form, "day.0", "2030-01-01")...)
	c.refused("/rules/holidays", "role=\"alert\"", with(form, "name.0", "")...)
	c.refused("/rules/holidays", "role=\"alert\"", with(form, "code", "")...)
}

func TestOnlyAnAdministratorChangesRules(t *testing.T) {
	h := newHouse(t)
	_, id := h.administrator("Acme")
	h.account(id, "look@example.org", people.Auditor)
	c := h.visit("look@example.org")
	if strings.Contains(c.see("/rules", "120"), "/rules/edit") {
		t.Error("who may only look is offered the editor")
	}
	c.see("/rules/history", "1")
	for _, path := range []string{"/rules/edit", "/rules/holidays"} {
		c.want(http.StatusForbidden, c.do("GET", path, nil))
	}
	for _, path := range []string{"/rules", "/rules/preview", "/rules/edit", "/rules/holidays"} {
		c.want(http.StatusForbidden, c.post(path, url.Values{}.Encode(), ""))
	}
}

func TestEveryRuleHasWordsInBothLanguages(t *testing.T) {
	for _, language := range page.Languages() {
		var words func(f ruleField, path string)
		words = func(f ruleField, path string) {
			field := ruleDocument{}.field(f, path, path, nil)
			said := []page.Message{field.Label, page.Say("rule.unit." + cmp.Or(f.unit, "min"))}
			if f.hint {
				said = append(said, field.Hint)
			}
			for _, c := range field.Choices {
				said = append(said, c.Label)
			}
			for _, m := range said {
				say(t, language, m)
			}
			for _, c := range f.columns {
				words(c, path+"."+c.path)
			}
		}
		for _, g := range ruleGroups() {
			say(t, language, page.Say("rule.group."+g.name))
			for _, f := range g.fields {
				words(f, f.path)
			}
			for _, field := range g.tops() {
				say(t, language, ruleLabel(field))
			}
		}
		for _, kind := range rule.Scopes() {
			say(t, language, page.Say("rule.scope."+string(kind)))
		}
	}
}

func TestEveryContradictionIsToldInBothLanguages(t *testing.T) {
	r := rule.Default().Rules
	r.QuestionedShift, r.ShortestShift, r.ShortestGap, r.DoubleTapSeconds = 300, 240, 720, 600
	r.LongestShift, r.Pairing, r.ShiftDay = 240, rule.PairFirstLast, rule.DayOfEnd
	r.Rounding, r.Plan = rule.Rounding{To: 5, Out: rule.RoundUp, Way: rule.RoundUp, Half: rule.RoundUp}, rule.PlanRules{Snap: true, Late: 20, NoShow: 10, LateCode: "100"}
	r.MinimumCall, r.Travel, r.SplitShift, r.Standby = rule.MinimumCall{Minutes: 10}, rule.Travel{Extra: rule.Extra{Minutes: 5, Code: "120"}}, rule.SplitShift{Gap: 5}, rule.Standby{Worked: true}
	r.Overtime = []rule.Overtime{{Per: "week", Base: "full_time", Code: "O"}, {Per: "week", Base: "full_time", Code: "O", Percent: 150}}
	err := r.Check()
	found := rule.Contradictions(err)
	if len(found) < 15 {
		t.Errorf("only %d contradictions", len(found))
	}
	for _, language := range page.Languages() {
		_, others := ruleProblems(err)
		for i, m := range others {
			if text := say(t, language, m); strings.Contains(text, "{") {
				t.Errorf("%s: %s is told as %s", language, found[i].Key, text)
			}
		}
		r.LongestShift = 5000
		_, others = ruleProblems(r.Check())
		for _, m := range others {
			say(t, language, m)
		}
		r.LongestShift = 240
	}
}

func TestRulesIntoApprovedWeeksAreConfirmed(t *testing.T) { // I5
	h := newHouse(t)
	api, id := h.administrator("Acme")
	h.account(id, "boss@example.org", people.Administrator, people.Approver)
	employee := worked(api, "10458")
	h.computed(id)
	if done := api.approve(employee); !done[0].Done {
		t.Fatalf("not approved: %s", or(done[0].Problem))
	}
	change := object{"from": "2026-11-09", "rules": rulesDocument(t, func(r object) { r["paid_breaks"] = 30 })}
	if text := string(api.want(http.StatusConflict, api.do("PUT", "/api/v1/rules", change)).body); !strings.Contains(text, "1 approved weeks of 1 employees, 2026-W46") || !strings.Contains(text, `"confirm"`) {
		t.Errorf("the API says %s", text)
	}
	c := h.visit("boss@example.org")
	form := with(with(typed(t, c.see("/rules/edit", "longest_shift")), "paid_breaks", "30"), "from", "2026-11-09")
	form = with(with(form, "days_from", "2026-11-09"), "days_to", "2026-11-15")
	a := c.want(http.StatusOK, c.post("/rules/preview", form...))
	for _, text := range []string{"One approved week", "2026-W46", "+0:30", "becomes a correction"} {
		if !strings.Contains(string(a.body), text) {
			t.Errorf("the preview does not show %q", text)
		}
	}
	save := typed(t, string(a.body))
	c.want(http.StatusConflict, c.post("/rules", save...))
	c.want(http.StatusSeeOther, c.post("/rules", append(save, "confirm", "yes")...))
	h.computed(id)
	if s := api.sheet(employee); len(s.Pending) != 1 || s.Pending[0].Minutes != 30 {
		t.Errorf("pending is %+v", s.Pending)
	}
}
