package api

import (
	"context"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"tikklok/api/page"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/approval"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/people"
	"tikklok/ingest/pg"
)

// own is a house with two employees, one of whom can sign in.
type own struct {
	*house
	tenant int64
	boss   *client
	me     *client
	mine   int64 // the employee who can
	other  int64
}

const othersName = "Zeldzaam"

func newOwn(t *testing.T) own {
	t.Helper()
	h := newHouse(t)
	o := own{house: h}
	o.boss, o.tenant = h.administrator("Acme")
	o.mine = o.boss.make("/api/v1/employees", object{"number": "1017", "surname": "Nowak", "employed_from": "2024-01-01"})
	o.other = o.boss.make("/api/v1/employees", object{"number": "2038", "surname": othersName, "employed_from": "2024-01-01"})
	o.boss.make("/api/v1/accounts", object{"email": "piotr@example.org", "name": "Piotr Nowak", "language": "pl",
		"roles": []string{"employee"}, "employee_id": o.mine, "password": password})
	for _, employee := range []int64{o.mine, o.other} {
		o.worked(employee, "2026-03-09T07:00:00Z", "in")
		o.worked(employee, "2026-03-09T15:02:00Z", "out")
	}
	o.me = h.person("piotr@example.org")
	return o
}

func (o own) worked(employee int64, at, mode string) {
	o.t.Helper()
	o.boss.make("/api/v1/decisions", object{"kind": "add_punch", "employee_id": employee, "at": at, "mode": mode, "reason": "no fob yet"})
}

func TestAnEmployeeSeesTheirOwnHoursInTheirLanguage(t *testing.T) {
	o := newOwn(t)
	a := o.me.want(http.StatusSeeOther, o.me.do("GET", "/", nil))
	if to := a.header.Get("Location"); to != page.PathMe {
		t.Errorf("the first page is %s", to)
	}
	o.me.see(page.PathMe, `<html lang="pl"`, "Dzisiaj", "grafik")
	o.me.see(page.PathMeWeeks, `<html lang="pl"`)
	o.me.see(page.PathMeWeek+"2026-W11", "7:32", "Tydzień 11")
	day := o.me.see(page.PathMeDay+"2026-03-09", "Dlaczego 7:32?", "Wejście 08:00, wyjście 16:02", "Automatyczna przerwa", "no fob yet", `class="picture"`)
	if strings.Contains(day, othersName) {
		t.Error("the other one's name is on it")
	}
	o.me.want(http.StatusSeeOther, o.me.post(page.PathLanguage, "language", "ro", "back", page.PathMe))
	o.me.see(page.PathMe, `<html lang="ro"`, "Astăzi")
	o.me.want(http.StatusNotFound, o.me.do("GET", page.PathMeDay+"yesterday", nil))
	o.me.want(http.StatusNotFound, o.me.do("GET", page.PathMeWeek+"2026-W60", nil))
}

// TestNothingOfAnotherComesOut walks all operations and all pages with an
// employee's session: what is not their own is refused, and what is not
// refused tells nothing of anybody else.
func TestNothingOfAnotherComesOut(t *testing.T) {
	o := newOwn(t)
	may := []string{"SignIn", "SignOut", "GetSession", "GetHealth", "GetReady"}
	pages := []string{"/", page.PathSignIn, page.PathSignOut, page.PathLanguage, page.PathMe, page.PathMeWeeks, page.PathMeWeek + ":week", page.PathMeDay + ":date",
		page.PathMeAsk, page.PathMeStatement, page.PathMePaper + ":date", page.PathMePrivacy, page.PathMePrivacy + page.DocumentFile, page.PathMeData, page.PathSecurity, page.PathSecurityTXT}
	refused := 0
	check := func(what string, a answer, allowed bool) {
		if strings.Contains(string(a.body), othersName) || a.status >= 500 {
			t.Errorf("%s: %d; it names the other one: %t", what, a.status, strings.Contains(string(a.body), othersName))
		}
		if forbidden := a.status == http.StatusForbidden; forbidden == allowed {
			t.Errorf("%s: %d", what, a.status)
		} else if forbidden {
			refused++
		}
	}
	for at, route := range o.server.document.routes {
		method, path, _ := strings.Cut(at, " ")
		switch id := route.Operation.OperationID; id {
		case "SignOut": // it would end the walk
		case "StateTimesheet": // of their own hours it is theirs
			o.me.want(http.StatusConflict, o.me.do(method, o.filled(path), object{}))
		default:
			check(id, o.me.do(method, o.filled(path), object{}), slices.Contains(may, id))
		}
	}
	e := echo.New()
	o.server.pageRoutes(e)
	for _, r := range e.Routes() {
		path := o.filled(r.Path)
		switch {
		case r.Path == page.PathSignOut || strings.HasPrefix(r.Path, page.AssetPrefix):
		case r.Method == http.MethodGet:
			check("GET "+path, o.me.do("GET", path, nil), slices.Contains(pages, r.Path))
		default:
			check(r.Method+" "+path, o.me.post(path), slices.Contains(pages, r.Path))
		}
	}
	if refused < 100 {
		t.Errorf("only %d operations and pages were refused", refused)
	}
}

// filled puts the other employee, and a day of theirs, into a path's places.
func (o own) filled(path string) string {
	path = regexp.MustCompile(`\{date\}|:date`).ReplaceAllString(path, "2026-03-09")
	path = regexp.MustCompile(`\{week\}|:week`).ReplaceAllString(path, "2026-W11")
	return regexp.MustCompile(`\{\w+\}|:\w+`).ReplaceAllString(path, itoa(o.other))
}

func TestAnotherWhoIsInIsNotTheEmployee(t *testing.T) {
	o := newOwn(t)
	hourAgo := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	o.worked(o.other, hourAgo.Format(time.RFC3339), "in")
	now := func() string {
		return string(o.me.want(http.StatusOK, o.me.do("GET", page.PathMe, nil, page.FragmentHeader, "live")).body)
	}
	if got := now(); !strings.Contains(got, "Nie ma odbitego wejścia") || !strings.Contains(got, "<b>0:00</b>") {
		t.Errorf("somebody else is in: %s", got)
	}
	o.worked(o.mine, hourAgo.Add(20*time.Minute).Format(time.RFC3339), "in")
	if got := now(); !strings.Contains(got, "Jesteś w pracy") || strings.Contains(got, "<b>0:00</b>") || !strings.Contains(got, `class="picture"`) {
		t.Errorf("40 minutes are: %s", got)
	}
}

func TestAnEmployeeCanNameNobodyElse(t *testing.T) {
	o := newOwn(t)
	day := page.PathMeDay + "2026-03-09?employee=" + itoa(o.other) + "&id=" + itoa(o.other)
	o.me.see(day, "7:32")
	o.me.want(http.StatusSeeOther, o.me.post(page.PathMeAsk, "employee", itoa(o.other), "day", "2026-03-09", "what", "out", "at", "16:30"))
	o.in(o.tenant, func(ctx context.Context, tx pg.Tx) error {
		mine, err := hours.RequestsOf(ctx, tx, o.mine)
		if err != nil || len(mine) != 1 || mine[0].At.UTC().Format(time.RFC3339) != "2026-03-09T15:30:00Z" || mine[0].Day != calendar.On(2026, 3, 9) {
			t.Errorf("asked for: %+v, %v", mine, err)
		}
		others, err := hours.RequestsOf(ctx, tx, o.other)
		if len(others) != 0 {
			t.Errorf("asked for another: %+v", others)
		}
		return err
	})
}

func TestWhatAnEmployeeAsksForIsChecked(t *testing.T) {
	o := newOwn(t)
	for name, c := range map[string]struct {
		text   string
		values []string
	}{
		"nothing":      {"Wybierz, co się stało.", []string{"day", "2026-03-09"}},
		"no time":      {"Wpisz godzinę", []string{"day", "2026-03-09", "what", "in"}},
		"no such time": {"Wpisz godzinę", []string{"day", "2026-03-09", "what", "in", "at", "27:00"}},
		"no words":     {"Napisz krótko", []string{"day", "2026-03-09", "what", "other"}},
		"too long":     {"To za długie.", []string{"day", "2026-03-09", "what", "other", "text", strings.Repeat("ż", 151)}},
		"long ago":     {"Zapytaj przełożonego", []string{"day", "2019-03-09", "what", "in", "at", "08:00"}},
		"to come":      {"Ten dzień jeszcze nie nadszedł.", []string{"day", "2098-03-09", "what", "in", "at", "08:00"}},
	} {
		a := o.me.want(http.StatusUnprocessableEntity, o.me.post(page.PathMeAsk, c.values...))
		if !strings.Contains(string(a.body), c.text) {
			t.Errorf("%s: %q is not said", name, c.text)
		}
	}
	o.me.want(http.StatusUnprocessableEntity, o.me.post(page.PathMeAsk, "day", "9 March", "what", "in"))
	o.me.want(http.StatusSeeOther, o.me.post(page.PathMeAsk, "day", "2026-03-09", "what", "other", "text", "<b>brama była zamknięta</b>"))
	o.me.see(page.PathMeDay+"2026-03-09", "&lt;b&gt;brama była zamknięta&lt;/b&gt;", "czeka na odpowiedź", "Zgłoszenie zostało wysłane.")
}

func TestAnAdministratorGivesAnEmployeeAnAccount(t *testing.T) {
	o := newOwn(t)
	boss := o.visit("acme@example.org")
	where := "/people/" + itoa(o.other)
	boss.see(where, `action="`+where+`/account"`, "Polski")
	a := boss.want(http.StatusOK, boss.post(where+page.EmployeeAccount, "email", "zeldzaam@example.org", "language", "de"))
	secret := regexp.MustCompile(`<code>([a-z2-7-]+)</code>`).FindSubmatch(a.body)
	if secret == nil {
		t.Fatalf("no password is shown: %s", a.body)
	}
	c := o.stranger()
	c.want(http.StatusSeeOther, c.post(page.PathSignIn, "email", "zeldzaam@example.org", "password", string(secret[1])))
	c.see(page.PathMe, `<html lang="de"`)
	boss.want(http.StatusSeeOther, boss.post("/people/"+itoa(o.mine)+page.EmployeeAccount, "email", "second@example.org", "language", "nl"))
	boss.see("/people/"+itoa(o.mine), "This employee has an account already.")
	boss.want(http.StatusUnprocessableEntity, boss.post("/people/"+itoa(o.boss.make("/api/v1/employees", object{"number": "3", "surname": "C", "employed_from": "2024-01-01"}))+
		page.EmployeeAccount, "email", "no address", "language", "nl"))
	boss.see(where, "zeldzaam@example.org can sign in.")
	boss.see(page.PathAccounts, "is 2038")
	o.me.want(http.StatusForbidden, o.me.post(where+page.EmployeeAccount, "email", "x@example.org"))
}

func TestAccessEndsWithTheLastWorkingDay(t *testing.T) { // OB-C5
	o := newOwn(t)
	o.me.see(page.PathMe)
	o.boss.want(http.StatusOK, o.boss.do("PATCH", "/api/v1/employees/"+itoa(o.mine), object{"employed_until": "2026-03-10"}))
	a := o.me.want(http.StatusSeeOther, o.me.do("GET", page.PathMe, nil))
	if to := a.header.Get("Location"); !strings.HasPrefix(to, page.PathSignIn) {
		t.Errorf("goes to %s", to)
	}
	a = o.me.want(http.StatusUnprocessableEntity, o.me.post(page.PathSignIn, "email", "piotr@example.org", "password", password))
	if !strings.Contains(string(a.body), "dienstverband is afgelopen") {
		t.Errorf("the door says %s", a.body)
	}
}

func TestNobodyGivesThemselvesAwayOrAnother(t *testing.T) {
	o := newOwn(t)
	anna := o.account(o.tenant, "anna@example.org", people.Administrator, people.Approver)
	c := o.visit("anna@example.org")
	where := page.PathAccount + itoa(anna)
	c.want(http.StatusSeeOther, c.post(where, "role", "administrator", "role", "approver", "person", "1017"))
	c.see(page.PathAccounts, "is 1017")
	for what, values := range map[string][]string{
		"no administrator": {"role", "approver", "person", "1017"},
		"nobody":           {"role", "administrator", "person", ""},
		"another":          {"role", "administrator", "person", "2038"},
		"closed":           {"closed", "yes"},
	} {
		c.want(http.StatusSeeOther, c.post(where, values...))
		if body := c.see(page.PathAccounts, "another administrator must"); !strings.Contains(body, "is 1017") {
			t.Errorf("%s: done all the same", what)
		}
	}
}

func TestACharacterThatCannotBeStoredIsNoFaultOfOurs(t *testing.T) {
	o := newOwn(t)
	for _, text := range []string{"a\x00b", "\xff\xfe"} {
		o.me.want(http.StatusUnprocessableEntity, o.me.post(page.PathMeAsk, "day", "2026-03-09", "what", "other", "text", text))
	}
	o.boss.want(http.StatusUnprocessableEntity, o.boss.do("POST", "/api/v1/decisions",
		object{"kind": "add_punch", "employee_id": o.mine, "at": "2026-03-10T07:00:00Z", "mode": "in", "reason": "a\x00b"}))
}

func TestAnOfficeAccountIsNoEmployeesPage(t *testing.T) {
	o := newOwn(t)
	o.boss.want(http.StatusForbidden, o.boss.do("GET", page.PathMe, nil))
	if slices.Contains(o.server.grants[pageOwn].roles, people.Administrator) {
		t.Error("the office has a page of its own hours without being anybody")
	}
}

func TestADayIsToldAndDrawnOverTheAPI(t *testing.T) {
	o := newOwn(t)
	where := "/api/v1/employees/" + itoa(o.mine) + "/days/2026-03-09"
	for language, want := range map[string]string{"nl": "In 08:00, uit 16:02", "en": "In 08:00, out 16:02", "de": "Kommen 08:00, Gehen 16:02"} {
		a := o.boss.want(http.StatusOK, o.boss.do("GET", where+"/explanation?format=text&language="+language, nil))
		if !strings.Contains(string(a.body), want) || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s (%s):\n%s", language, a.header.Get("Content-Type"), a.body)
		}
	}
	var x struct {
		Minutes int
		Steps   []struct {
			Kind    string
			Minutes int
			Above   int
			Beside  bool
		}
		Lines []struct {
			Code, Kind string
			Minutes    int
		}
		Rules   []struct{ Version int }
		Punches []struct {
			Minute string
		}
	}
	o.boss.want(http.StatusOK, o.boss.do("GET", where+"/explanation?format=json", nil)).into(t, &x)
	sum := 0
	for _, s := range x.Steps {
		if s.Kind != "code" && s.Kind != "total" && !s.Beside {
			sum += s.Minutes
		}
	}
	if sum != x.Minutes || x.Minutes != 452 || len(x.Rules) != 1 || len(x.Lines) != 1 || x.Lines[0].Kind != "worked" || x.Punches[0].Minute != "2026-03-09T07:00:00Z" {
		t.Errorf("explained as %+v", x)
	}
	a := o.boss.want(http.StatusOK, o.boss.do("GET", where+"/picture.svg?language=en", nil))
	if a.header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(string(a.body), "Taps at 08:00, 16:02.") || !strings.Contains(string(a.body), "<defs>") {
		t.Errorf("drawn as %s", a.body)
	}
	o.boss.want(http.StatusBadRequest, o.boss.do("GET", where+"/explanation?language=fr", nil))
	o.boss.want(http.StatusNotFound, o.boss.do("GET", "/api/v1/employees/999999/days/2026-03-09/picture.svg", nil))
}

func TestAnEmployeeStatesTheHoursThatTheySaw(t *testing.T) {
	o := newOwn(t)
	week := page.PathMeWeek + "2026-W11"
	if strings.Contains(o.me.see(week), page.PathMeStatement) {
		t.Error("a statement is asked for that no policy wants")
	}
	o.in(o.tenant, func(ctx context.Context, tx pg.Tx) error {
		_, err := approval.SetPolicy(ctx, tx, operator(), approval.Policy{From: calendar.On(2026, 3, 2), Levels: []approval.Level{approval.ByEmployee, approval.ByAgency}}, time.Now())
		return err
	})
	seen := regexp.MustCompile(`name="seen" value="([^"]+)"`).FindStringSubmatch(o.me.see(week, page.PathMeStatement, "Tak, godziny się zgadzają"))
	if seen == nil {
		t.Fatal("the statement is about nothing")
	}
	o.worked(o.mine, "2026-03-10T07:00:00Z", "in") // meanwhile
	o.worked(o.mine, "2026-03-10T08:00:00Z", "out")
	o.me.want(http.StatusSeeOther, o.me.post(page.PathMeStatement, "week", "2026-W11", "seen", html.UnescapeString(seen[1])))
	fresh := regexp.MustCompile(`name="seen" value="([^"]+)"`).FindStringSubmatch(o.me.see(week, "Nie udało się."))
	o.me.want(http.StatusSeeOther, o.me.post(page.PathMeStatement, "week", "2026-W11", "seen", html.UnescapeString(fresh[1])))
	if strings.Contains(o.me.see(week, "Te godziny zostały przez Ciebie potwierdzone."), page.PathMeStatement) {
		t.Error("what was said is asked again")
	}
}
