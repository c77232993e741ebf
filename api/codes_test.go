package api

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"tikklok/api/page"
	"tikklok/payroll/format"
)

// mapped gives an office with a destination whose address it gives too.
func mapped(t *testing.T, pairs ...string) (api, c *client, to string) {
	_, api, c, _ = office(t)
	a := c.want(http.StatusSeeOther, c.post(page.PathDestinations, append([]string{"name", "Loket", "format", "csv"}, pairs...)...))
	return api, c, a.header.Get("Location")
}

func TestADestinationIsMadeWithWhatItsFormatNeeds(t *testing.T) {
	_, _, c, _ := office(t)
	c.see(page.PathDestinationNew+"?name=Agency&format=setu-1.4", "setting.customer_id", "Follows")
	form := []string{"name", "Agency", "format", "setu-1.4", "setting.customer_id", "1", "setting.names", "no"}
	c.refused(page.PathDestinations, "Fill this in", append(form, "setting.supplier_id", "")...)
	to := c.want(http.StatusSeeOther, c.post(page.PathDestinations, append(form, "setting.supplier_id", "2")...)).header.Get("Location")
	c.refused(to, "Regular", "seen", "0", "code.100", "N100")
	c.want(http.StatusSeeOther, c.post(to, "seen", "0", "code.100", "Regular 100"))
	c.see(page.PathExports, "Agency", "SETU")
	c.refused(page.PathDestinations, "This name is in use", append(form, "setting.supplier_id", "2")...)
	c.refused(to+page.DestinationSettings, "Fill this in", "name", "Agency", "setting.customer_id", "", "setting.supplier_id", "2")
	c.want(http.StatusSeeOther, c.post(to+page.DestinationSettings, "name", "Agency North", "setting.customer_id", "1", "setting.supplier_id", "2"))
	c.see(to, "Agency North", "Regular 100")
}

func TestTheCodesOfEveryLayerCanBeMapped(t *testing.T) {
	api, c, to := mapped(t)
	site := api.make("/api/v1/sites", object{"name": "Noord"})
	api.want(http.StatusOK, api.do("PUT", "/api/v1/rules", object{"from": "2026-01-01", "scope": object{"kind": "site", "id": site},
		"patch": object{"travel": object{"minutes": 20, "code": "TRIP", "per": "day"}}}))
	c.see(to, "code.100", "code.120", "code.TRIP", "Travel")
}

func TestHoursThatWaitForACodeAreShownBesideIt(t *testing.T) {
	api, c, to := mapped(t)
	api.approve(worked(api, "10458"))
	c.see(to, "8:00 hours can’t leave")
	c.want(http.StatusSeeOther, c.post(to, "seen", "0", "code.100", "1"))
	if body := c.see(to, "8:00"); strings.Contains(body, "can’t leave") {
		t.Error("hours wait for a code that they have")
	}
}

func TestTheListOfDestinationsCountsTheCodesThatTheirPageAsksFor(t *testing.T) {
	api, c, to := mapped(t)
	e := worked(api, "10458")
	api.want(http.StatusCreated, api.do("POST", "/api/v1/decisions", object{"kind": "absent", "employee_id": e, "date": "2026-11-10", "minutes": 60, "reason": "doctor"}))
	api.approve(e)
	count := regexp.MustCompile(`(\d+) (?:codes have no code|without a code)`)
	there, here := count.FindStringSubmatch(c.see(to, "9:00 hours can’t leave")), count.FindStringSubmatch(c.see(page.PathExports, "without a code"))
	if there == nil || here == nil || there[1] != here[1] {
		t.Errorf("the list says %v, the page of the codes %v", here, there)
	}
}

func TestACodeMapIsNotPutOverAnothers(t *testing.T) {
	_, c, to := mapped(t)
	c.want(http.StatusSeeOther, c.post(to, "seen", "0", "code.100", "1"))
	if a := c.want(http.StatusConflict, c.post(to, "seen", "0", "code.100", "77")); !strings.Contains(string(a.body), "changed meanwhile") || !strings.Contains(string(a.body), `value="77"`) {
		t.Error("what was typed is gone, or nobody says why it was not saved")
	}
	c.want(http.StatusSeeOther, c.post(to, "seen", "1", "code.100", "77"))
	c.want(http.StatusBadRequest, c.post(to, "seen", "x", "code.100", "77"))
}

func TestCodesThatGoRoundAreRefusedOnThePage(t *testing.T) {
	_, c, to := mapped(t)
	c.refused(to, "100 → 120 → 100", "seen", "0", "code.100", "120", "code.120", "100")
}

func TestAnEarlierVersionOfTheCodesIsGoneBackTo(t *testing.T) {
	_, c, to := mapped(t)
	c.want(http.StatusSeeOther, c.post(to, "seen", "0", "code.100", "1"))
	c.want(http.StatusSeeOther, c.post(to, "seen", "1", "code.100", "2", "code.120", "3"))
	c.see(to+page.DestinationVersions, "Version 2", "boss@example.org", "<s>1</s> → 2", "gets 3")
	c.want(http.StatusSeeOther, c.post(to+page.DestinationVersions, "version", "1"))
	c.see(to+page.DestinationVersions, "back to version 1", "Version 3")
	c.see(to, `value="1"`)
	c.want(http.StatusNotFound, c.post(to+page.DestinationVersions, "version", "9"))
}

func TestACodeMapGoesOutAndInAsAFile(t *testing.T) {
	_, c, to := mapped(t)
	c.want(http.StatusSeeOther, c.post(to, "seen", "0", "code.100", "1"))
	file := string(c.want(http.StatusOK, c.do("GET", to+page.DestinationCodes, nil)).body)
	if !strings.HasPrefix(file, "\uFEFFcode;component;meaning\r\n") || !strings.Contains(file, "100;1;") || !strings.Contains(file, "120;;") {
		t.Fatalf("file %q", file)
	}
	to += page.DestinationImport
	c.refused(to, "2", "csv", "code;component\n100;1\n100;2\n999;3")
	faults := string(c.post(to, "csv", "code;component\n100;1\n100;2\n999;3\n120\n140;4").body) // two kinds of check find them
	if twice, unknown, short := strings.Index(faults, "on line 2 already"), strings.Index(faults, "no such pay code"), strings.Index(faults, "fewer columns"); !(0 < twice && twice < unknown && unknown < short) {
		t.Errorf("faults stand in another order than the lines: %d, %d, %d", twice, unknown, short)
	}
	c.refused(to, "Choose a file", "csv", "")
	file = strings.Replace(file, "120;;", "120;28;", 1)
	if a := c.want(http.StatusOK, c.post(to, "csv", file)); !strings.Contains(string(a.body), "gets 28") {
		t.Error("the file's change is not shown")
	}
	c.want(http.StatusSeeOther, c.post(to, "csv", file, "seen", "1", "confirm", "yes"))
	c.see(strings.TrimSuffix(to, page.DestinationImport), `value="28"`)
	c.want(http.StatusSeeOther, c.post(to, "csv", "code;component\n100;7", "seen", "1", "confirm", "yes")) // somebody was first
	c.see(strings.TrimSuffix(to, page.DestinationImport), "changed meanwhile", `value="28"`)
}

func TestEverySettingOfEveryFormatHasWords(t *testing.T) {
	_, _, c, _ := office(t)
	label := regexp.MustCompile(`<label for="s-([^"]*)">([^<]*)<`)
	for _, language := range []string{"en", "nl"} {
		c.want(http.StatusSeeOther, c.post(page.PathLanguage, "language", language, "back", "/"))
		for _, f := range format.Formats() {
			body := c.see(page.PathDestinationNew + "?name=x&format=" + f.Name())
			for _, found := range label.FindAllStringSubmatch(body, -1) {
				if found[1] == found[2] {
					t.Errorf("%s: setting %s of %s has no words", language, found[1], f.Name())
				}
			}
		}
	}
}
