package api

import (
	"net/http"
	"strings"
	"testing"

	"tikklok/api/openapi"
	"tikklok/api/page"
)

func TestARunIsTakenOnByItsSteps(t *testing.T) {
	_, api, c, _ := office(t)
	number := payday(api)
	to := page.PathRun + itoa(number)
	c.see(to, "Checked", "Mark delivered", "Mark taken in", "Void the run")
	c.refused(to+page.RunMark, "1 to 500", "state", "rejected")
	c.want(http.StatusSeeOther, c.post(to+page.RunMark, "state", "void")) // no step that a person tells of
	c.see(to, "ready")
	c.want(http.StatusSeeOther, c.post(to+page.RunMark, "state", "delivered", "reason-delivered", "uploaded by hand"))
	c.see(to, "uploaded by hand", "boss@example.org")
	c.want(http.StatusSeeOther, c.post(to+page.RunMark, "state", "acknowledged"))
	if body := c.see(to, "taken in", "Mark rejected"); strings.Contains(body, "Void the run") {
		t.Error("a run that the package took in can be voided at once")
	}
	c.want(http.StatusSeeOther, c.post(to+page.RunVoid, "reason", "wrong"))
	c.see(to, "at another step")
	c.want(http.StatusSeeOther, c.post(to+page.RunMark, "state", "rejected", "reason-rejected", "code 1 is unknown there"))
	c.see(to, "code 1 is unknown there", "Void the run")
	c.want(http.StatusSeeOther, c.post(to+page.RunVoid, "reason", "other codes needed"))
	c.see(to, "other codes needed", "void")
}

func TestAPreviewSaysWhatStopsAndWhatWaits(t *testing.T) {
	_, api, c, _ := office(t)
	worked(api, "10459")
	api.approve(worked(api, "10458"))
	destination := api.make("/api/v1/destinations", object{"name": "Loket", "format": "csv"})
	at := page.PathExports + "?from=2026-11-01&to=2026-11-15&destination=" + itoa(destination)
	c.see(at, "Code 100 has no code of the package", "First solve what stands above", "10459 Bakker")
	api.want(http.StatusOK, api.do("PUT", "/api/v1/destinations/"+itoa(destination)+"/codes", object{"codes": object{"100": "1"}}))
	if body := c.see(at, "Make the run", "10459 Bakker"); strings.Contains(body, "First solve") {
		t.Error("what is solved stops the run")
	}
	var p openapi.RunPreview
	api.want(http.StatusOK, api.do("POST", "/api/v1/runs/preview", object{"destination_id": destination, "from": "2026-11-01", "to": "2026-11-15"})).into(t, &p)
	for _, f := range *p.Findings {
		if f.Stops {
			t.Errorf("%s stops", f.Kind)
		}
	}
	if len(*p.Findings) == 0 || p.Totals.Minutes != 480 || p.Difference != nil {
		t.Errorf("preview %+v", p)
	}
}

func TestAPreviewIsSetBesideTheLastPeriod(t *testing.T) {
	_, api, c, _ := office(t)
	payday(api) // 1 to 30 November
	c.see(page.PathExports+"?from=2026-12-01&to=2026-12-31&destination=1", "Nothing that was approved in this period")
	var p openapi.RunPreview
	api.want(http.StatusOK, api.do("POST", "/api/v1/runs/preview", object{"destination_id": 1, "from": "2026-12-01", "to": "2026-12-31"})).into(t, &p)
	if p.Difference == nil || len(p.Difference.Employees) != 1 || p.Difference.Employees[0].Before != 480 || p.Difference.Employees[0].Now != 0 {
		t.Errorf("difference %+v", p.Difference)
	}
}

func TestAProgramMarksARunAndReadsItsSteps(t *testing.T) {
	h := newHouse(t)
	api, _ := h.administrator("Acme")
	at := "/api/v1/runs/" + itoa(payday(api))
	api.want(http.StatusUnprocessableEntity, api.do("POST", at+"/mark", object{"state": "rejected"}))
	api.want(http.StatusBadRequest, api.do("POST", at+"/mark", object{"state": "void"}))
	for range 2 { // saying it again changes nothing
		api.want(http.StatusOK, api.do("POST", at+"/mark", object{"state": "acknowledged", "reason": "batch 7"}))
	}
	var run openapi.Run
	api.want(http.StatusOK, api.do("GET", at, nil)).into(t, &run)
	if steps := *run.Steps; len(steps) != 3 || steps[2].State != "acknowledged" || or(steps[2].Reason) != "batch 7" || steps[2].By.Kind != "account" {
		t.Errorf("steps %+v", run.Steps)
	}
	api.want(http.StatusConflict, api.do("POST", at+"/void", object{"reason": "too late"}))
	for query, want := range map[string]int{"?state=acknowledged": 1, "?state=created": 0, "?destination_id=1": 1, "?destination_id=9": 0} {
		var all openapi.Runs
		if api.want(http.StatusOK, api.do("GET", "/api/v1/runs"+query, nil)).into(t, &all); len(all.Items) != want {
			t.Errorf("%s gives %d runs, want %d", query, len(all.Items), want)
		}
	}
	api.want(http.StatusBadRequest, api.do("GET", "/api/v1/runs?state=lost", nil))
}

func TestWhoHoldsAnAnswerOfPayrollGetsNoneAgain(t *testing.T) {
	h := newHouse(t)
	api, _ := h.administrator("Acme")
	number := payday(api)
	for _, path := range []string{"/api/v1/runs", "/api/v1/runs/" + itoa(number), "/api/v1/formats", "/api/v1/destinations/1", "/api/v1/destinations/1/codes",
		"/api/v1/destinations/1/codes/check", "/api/v1/destinations/1/codes/versions", "/api/v1/destinations/1/codes/file", "/api/v1/runs/" + itoa(number) + "/file"} {
		tag := api.want(http.StatusOK, api.do("GET", path, nil)).header.Get("ETag")
		if a := api.want(http.StatusNotModified, api.do("GET", path, nil, "If-None-Match", `"other", W/`+tag)); len(a.body) != 0 || tag == "" {
			t.Errorf("%s with tag %q gives %d bytes", path, tag, len(a.body))
		}
	}
	tag := api.want(http.StatusOK, api.do("GET", "/api/v1/runs", nil)).header.Get("ETag")
	api.want(http.StatusOK, api.do("POST", "/api/v1/runs/"+itoa(number)+"/mark", object{"state": "delivered"}))
	api.want(http.StatusOK, api.do("GET", "/api/v1/runs", nil, "If-None-Match", tag))
	api.want(http.StatusNotFound, api.do("GET", "/api/v1/runs/99", nil, "If-None-Match", "*"))
}

func TestAProgramKeepsACodeMap(t *testing.T) {
	h := newHouse(t)
	api, _ := h.administrator("Acme")
	destination := api.make("/api/v1/destinations", object{"name": "Loket", "format": "csv"})
	at := "/api/v1/destinations/" + itoa(destination)
	api.want(http.StatusOK, api.do("PUT", at, object{"name": "Loket Noord", "settings": object{"delimiter": "comma", "decimal": "point"}}))
	api.want(http.StatusUnprocessableEntity, api.do("PUT", at, object{"name": "Loket", "settings": object{"delimeter": "comma"}}))
	api.want(http.StatusOK, api.do("PUT", at+"/codes", object{"codes": object{"100": "1"}, "seen": 0}))
	api.want(http.StatusConflict, api.do("PUT", at+"/codes", object{"codes": object{"100": "2"}, "seen": 0}))
	if a := api.want(http.StatusUnprocessableEntity, api.do("PUT", at+"/codes", object{"codes": object{"100": "120", "120": "100"}})); !strings.Contains(string(a.body), `"codes/100"`) {
		t.Errorf("the fault names no code: %s", a.body)
	}
	csv := func(path, text string) (done openapi.CodeImport) {
		api.want(http.StatusOK, api.do("POST", at+"/codes/import"+path, strings.NewReader(text), "Content-Type", "text/csv")).into(t, &done)
		return done
	}
	if done := csv("?apply=true", "code;component\n100;1\n100;2\n"); done.Applied || len(done.Faults) != 1 || done.Faults[0].Line != 3 {
		t.Errorf("a code twice gives %+v", done)
	}
	if done := csv("", "code;component\n100;1\n120;28\n"); done.Applied || len(done.Changes) != 1 || or(done.Version) != 1 {
		t.Errorf("a trial gives %+v", done)
	}
	if done := csv("?apply=true", "code;component\n100;1\n120;28\n"); !done.Applied || or(done.Version) != 2 {
		t.Errorf("an import gives %+v", done)
	}
	api.want(http.StatusOK, api.do("POST", at+"/codes/restore", object{"version": 1}))
	api.want(http.StatusNotFound, api.do("POST", at+"/codes/restore", object{"version": 7}))
	var all openapi.CodeVersions
	api.want(http.StatusOK, api.do("GET", at+"/codes/versions", nil)).into(t, &all)
	if len(all.Items) != 3 || or(all.Items[0].Map.BackTo) != 1 || or(all.Items[0].Changes[0].Was) != "28" {
		t.Errorf("versions %+v", all.Items)
	}
	var check openapi.CodeCheck
	api.want(http.StatusOK, api.do("GET", at+"/codes/check", nil)).into(t, &check)
	missing := map[string]bool{}
	for _, code := range check.Codes {
		missing[code.Code] = code.Missing
	}
	if missing["100"] || !missing["120"] || missing["absent"] { // nobody may ever be absent
		t.Errorf("missing are %v", missing)
	}
}
