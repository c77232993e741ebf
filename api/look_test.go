package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/pgtest"
)

// personalProperties are names of fields by which an answer tells about
// somebody.
var personalProperties = []string{"surname", "first_name", "birth_date", "email", "employee", "employee_id", "employee_ids", "employees", "holder_id"}

// ofTheCaller are operations that answer who is signed in, and nobody else.
var ofTheCaller = []string{"SignIn", "GetSession"}

func TestAnOperationThatTellsAboutPeopleIsDeclared(t *testing.T) { // OB-C4
	doc, err := loadDocument()
	if err != nil {
		t.Fatal(err)
	}
	table := grants()
	for at, route := range doc.routes {
		id := route.Operation.OperationID
		if slices.Contains(ofTheCaller, id) || !strings.HasPrefix(at, "GET ") || table[id].reads != ofNobody {
			continue // a change is an entry of its own
		}
		for _, name := range answeredFields(route.Operation) {
			if slices.Contains(personalProperties, name) {
				t.Errorf("%s answers %s and is declared to tell about nobody", id, name)
			}
		}
	}
}

func TestOperationsThatOnlyReadAreDeclaredWhateverTheirMethod(t *testing.T) {
	for _, id := range []string{"PreviewRun", "PreviewRules"} {
		if grants()[id].reads == "" || grants()[id].reads == ofNobody {
			t.Errorf("%s changes nothing, tells about people, and is not logged", id)
		}
	}
}

// answeredFields names all properties of what an operation answers.
func answeredFields(op *openapi3.Operation) []string {
	names, seen := map[string]bool{}, map[*openapi3.Schema]bool{}
	var walk func(*openapi3.SchemaRef)
	walk = func(ref *openapi3.SchemaRef) {
		if ref == nil || seen[ref.Value] {
			return
		}
		seen[ref.Value] = true
		for name, one := range ref.Value.Properties {
			names[name] = true
			walk(one)
		}
		walk(ref.Value.Items)
		walk(ref.Value.AdditionalProperties.Schema)
		for _, all := range []openapi3.SchemaRefs{ref.Value.AllOf, ref.Value.OneOf, ref.Value.AnyOf} {
			for _, one := range all {
				walk(one)
			}
		}
	}
	for code, response := range op.Responses.Map() {
		if strings.HasPrefix(code, "2") {
			for _, media := range response.Value.Content {
				walk(media.Schema)
			}
		}
	}
	return slices.Collect(maps.Keys(names))
}

// reads gives the access log as lines.
func (h *house) reads(tenant int64) (all []string) {
	h.t.Helper()
	h.in(tenant, func(ctx context.Context, tx pg.Tx) error {
		return audit.Reads(ctx, tx, audit.ReadFilter{}, func(r audit.Read) error {
			of, err := r.Of.MarshalJSON()
			all = append(all, fmt.Sprintf("%s %s %s", r.By.Kind, r.Operation, of))
			return err
		})
	})
	return all
}

func TestEveryReadOfPeopleStandsInTheAccessLogWithWhomAndNotWhat(t *testing.T) { // OB-C4, OB-P10
	h := newHouse(t)
	c, id := h.administrator("Acme")
	made := c.make("/api/v1/employees", object{"number": "1", "surname": "Zonderling", "employed_from": "2026-01-01"})
	key := &client{h: h, http: h.web.Client(), key: h.key(id, people.ScopeRead)}
	for _, path := range []string{"/api/v1/employees", fmt.Sprintf("/api/v1/employees/%d", made), "/api/v1/sites", "/api/v1/employees/9999", fmt.Sprintf("/people/%d", made)} {
		c.do("GET", path, nil)
	}
	key.do("GET", fmt.Sprintf("/api/v1/employees/%d/terms", made), nil)
	one := fmt.Sprintf("[[%d,%d]]", made, made)
	want := []string{"account ListEmployees " + one, "account GetEmployee " + one, "account GetEmployee " + one, "api_key ListTerms " + one}
	if got := h.reads(id); !slices.Equal(got, want) {
		t.Errorf("logged %q, want %q", got, want)
	}
	if n := pgtest.Exec(t, h.url, "SELECT count(*) FROM audit_payload JOIN audit_entry USING (tenant_id, entry_id) WHERE action = 'data.read' AND payload::text LIKE '%Zonderling%'"); n != 0 {
		t.Error("the access log holds what was read")
	}
}

func TestNothingIsToldThatCannotBeLogged(t *testing.T) {
	h := newHouse(t)
	c, _ := h.administrator("Acme")
	c.make("/api/v1/employees", object{"number": "1", "surname": "Zonderling", "employed_from": "2026-01-01"})
	pgtest.Exec(t, h.url, "REVOKE INSERT ON audit_waiting FROM tikklok_app")
	for _, path := range []string{"/api/v1/employees", "/people"} {
		got := c.do("GET", path, nil)
		if got.status != http.StatusInternalServerError || strings.Contains(string(got.body), "Zonderling") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

func TestPagesDeclaredToTellAboutNobodyNameNobody(t *testing.T) { // OB-C4
	h := newHouse(t)
	c, id := h.administrator("Acme")
	c.make("/api/v1/employees", object{"number": "1", "surname": "Zonderling", "employed_from": "2026-01-01"})
	before := len(h.reads(id))
	for _, path := range []string{page.PathApproval, page.PathContracts, page.PathDevices, page.PathExports, page.PathDestinationNew, page.PathKeys,
		page.PathRules, page.PathRuleEdit, page.PathRuleHistory, page.PathRuleHolidays, page.PathLawFigures, page.PathEmployeeNew, page.PathImport, page.PathPlanImport} {
		if got := c.do("GET", path, nil); strings.Contains(string(got.body), "Zonderling") && len(h.reads(id)) == before {
			t.Errorf("%s names an employee and is not logged", path)
		}
	}
}

func TestAHeaderOfPagesThatRefreshHidesNobodyFromTheAccessLog(t *testing.T) { // OB-C4
	h := newHouse(t)
	c, id := h.administrator("Acme")
	one := c.make("/api/v1/employees", object{"number": "1", "surname": "Zonderling", "employed_from": "2026-01-01"})
	other := c.make("/api/v1/employees", object{"number": "2", "surname": "Wonderling", "employed_from": "2026-01-01"})
	for _, who := range []int64{one, other, one} {
		c.want(http.StatusOK, c.do("GET", "/people/"+itoa(who), nil, page.LiveHeader, "1"))
	}
	want := []string{fmt.Sprintf("account GetEmployee [[%d,%d]]", one, one), fmt.Sprintf("account GetEmployee [[%d,%d]]", other, other)}
	if got := h.reads(id); !slices.Equal(got, want) {
		t.Errorf("logged %q, want %q", got, want)
	}
}

func TestAPageShownAgainWithItsFormRefusedIsARead(t *testing.T) { // OB-C4
	h, api, c, id := office(t)
	api.make("/api/v1/employees", object{"number": "1", "surname": "Zonderling", "employed_from": "2026-01-01"})
	before := len(h.reads(id))
	c.refused("/people/accounts", "boss@example.org", "email", "")
	if got := h.reads(id)[before:]; !slices.Equal(got, []string{`account CreateAccount "all"`}) {
		t.Errorf("logged %q", got)
	}
	c.want(http.StatusSeeOther, c.post("/people/fobs", "label", "F1", "number", "62E3086CED"))
	c.want(http.StatusNotFound, c.post("/people/9999", "surname", "X"))
	if got := h.reads(id)[before+1:]; len(got) > 0 {
		t.Errorf("logged %q for what showed nobody", got)
	}
}

func TestAPageThatNamesUsersIsLoggedAsSuch(t *testing.T) { // OB-C4
	h, _, c, id := office(t)
	c.want(http.StatusSeeOther, c.post(page.PathRegisters, "book", "council", "subject", "wall", "answer", "consent", "body", "council", "reference", "minutes", "day", "2026-01-01"))
	for _, path := range []string{page.PathRegisters + "?book=council", page.PathSupply} {
		before := len(h.reads(id))
		c.want(http.StatusOK, c.do("GET", path, nil))
		if got := h.reads(id)[before:]; len(got) != 1 || !strings.HasSuffix(got[0], " []") {
			t.Errorf("%s: logged %q", path, got)
		}
	}
	shown := readDetails(audit.Line{Action: audit.ReadAction, Payload: []byte(`{"operation":"page.registers","employees":[]}`)})
	if len(shown) != 2 || shown[1].Said.Key != "logged.users" {
		t.Errorf("the log shows %+v", shown)
	}
}
