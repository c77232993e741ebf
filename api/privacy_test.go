package api

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"tikklok/ingest/people"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/statement"
)

// catalogued has the server know what the rooms declare that tests of pages can
// stand up.
func catalogued(h *house) {
	h.server.cfg.Catalogue = append(privacy.Catalogue(people.Tables()), Tables()...)
}

func TestTheRegisterOfFieldsIsFiltered(t *testing.T) { // I7, OB-P1
	h, _, c, _ := office(t)
	catalogued(h)
	c.see("/privacy", "surname", "Performance of the employment contract", "Employees", "2 years", "first name")
	one := string(c.want(http.StatusOK, c.do("GET", "/privacy?group=users&class=sign-ins", nil)).body)
	if !strings.Contains(one, "Sessions of who is signed in") || strings.Contains(one, "Performance of the employment contract") {
		t.Errorf("the register isn't kept to sessions: %.300s", one)
	}
	c.see("/privacy?kind=birth", "birth date")
	c.see("/privacy?class=nonsense", "Nothing matches this choice.")
}

func TestAnOptionalFieldIsSwitchedOnWithAPurpose(t *testing.T) { // OB-P1
	_, _, c, _ := office(t)
	c.refused("/privacy/optional", "1 to 500 characters", "field", "birth_date", "state", "on", "purpose", " ")
	c.want(http.StatusSeeOther, c.post("/privacy/optional", "field", "birth_date", "state", "on", "purpose", "the rules for 16 and 17"))
	c.see("/privacy", "the rules for 16 and 17")
	c.want(http.StatusSeeOther, c.post("/privacy/optional", "field", "photo", "state", "on", "purpose", "x")) // told on the next page
	c.want(http.StatusSeeOther, c.post("/privacy/optional", "field", "birth_date", "state", "off"))
	if text := string(c.want(http.StatusOK, c.do("GET", "/privacy", nil)).body); strings.Contains(text, "the rules for 16 and 17") {
		t.Error("the purpose of a field that is off is shown")
	}
}

func TestDocumentsNameWhoProcesses(t *testing.T) { // OB-P11, OB-P12; GDPR 13, 30
	h, _, c, _ := office(t)
	catalogued(h)
	c.see("/privacy/documents", "Without it the documents are not complete", "Information for a DPIA")
	c.refused("/privacy/documents", "Fill this in", "controller", "Acme, Haarlem")
	c.refused("/privacy/documents", "at most 300", "controller", strings.Repeat("x", 301), "controller_contact", "a", "processor", "b", "processor_contact", "c")
	c.want(http.StatusSeeOther, c.post("/privacy/documents", "controller", "Acme, Haarlem", "controller_contact", "privacy@acme.example", "processor", "Tikklok BV", "processor_contact", "038 000 00 00"))
	c.see("/privacy/documents", "Version 1")
	if a := c.post("/privacy/documents", "controller", "Typed a moment ago"); strings.Contains(string(a.body), "<dd>Typed") || !strings.Contains(string(a.body), "<dd>Acme, Haarlem") {
		t.Error("what was refused stands among the recorded details")
	}
	for _, kind := range statement.Kinds() {
		path := "/privacy/documents/" + string(kind)
		c.see(path, "Acme, Haarlem")
		c.see(path+"?language=nl", `lang="nl"`)
		for _, language := range []string{"nl", "en"} {
			if a := c.want(http.StatusOK, c.do("GET", path+"/file?language="+language, nil)); !bytes.HasPrefix(a.body, []byte("%PDF-")) {
				t.Errorf("%s in %s is no PDF", kind, language)
			}
		}
	}
	c.want(http.StatusNotFound, c.do("GET", "/privacy/documents/secrets", nil))
}

func TestMeasuresSayWhatThisServerHasOn(t *testing.T) { // GDPR 32: no claim that isn't checked
	h, _, c, _ := office(t)
	catalogued(h)
	text := string(c.want(http.StatusOK, c.do("GET", "/privacy/documents/measures?language=en", nil)).body)
	found, rest, _ := strings.Cut(text, "Not found")
	for _, want := range []string{"Row-level security is forced on all tables", "After 30 minutes without activity, and always after 12 hours"} {
		if !strings.Contains(found, want) {
			t.Errorf("not found: %q", want)
		}
	}
	for _, want := range []string{"The service is set up without TLS.", "The program asks for a password only.", "columns of the database are not in the catalogue"} {
		if !strings.Contains(rest, want) {
			t.Errorf("not said to be missing: %q", want)
		}
	}
}

func TestAnAuditorReadsDocumentsAndChangesNothing(t *testing.T) {
	h, _, _, tenant := office(t)
	h.account(tenant, "auditor@example.org", people.Auditor)
	c := h.visit("auditor@example.org")
	c.see("/privacy/documents", "Who processes")
	c.see("/privacy/documents/activities", "Register of processing activities")
	c.want(http.StatusForbidden, c.post("/privacy/documents", "controller", "x"))
	c.want(http.StatusForbidden, c.post("/privacy/optional", "field", "birth_date", "state", "on", "purpose", "x"))
}

func TestWhatIsNeverKeptIsRefusedByNameInABody(t *testing.T) { // OB-P2
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	body := object{"number": "1", "surname": "Bos", "employed_from": "2026-01-01"}
	for name, law := range map[string]string{"bsn": "UAVG article 46", "photo": "GDPR article 5(1)(c)", "vingerafdruk": "UAVG article 29", "passport_number": "wage administration", "religie": "GDPR articles 9(1) and 10"} {
		body[name] = "123456782"
		a := c.want(http.StatusBadRequest, c.do("POST", "/api/v1/employees", body))
		if text := string(a.body); !strings.Contains(text, name) || !strings.Contains(text, law) || strings.Contains(text, "123456782") {
			t.Errorf("%s: %s", name, text)
		}
		delete(body, name)
	}
}
