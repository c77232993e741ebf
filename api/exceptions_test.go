package api

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tikklok/api/openapi"
	"tikklok/ingest/audit"
	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
	"tikklok/ingest/pg"
)

// forgotten is an office in which two employees forgot to go out, and
// one of them asks for a correction.
func forgotten(t *testing.T) (c, api *client, day calendar.Date, request int64) {
	h, api, c, tenant := office(t)
	zone := zoneOf("Europe/Amsterdam")
	day = calendar.DateOf(time.Now().In(zone)).AddDays(-2)
	for _, number := range []string{"10458", "10459"} {
		id := api.make("/api/v1/employees", object{"number": number, "surname": "Bakker" + number, "contract_minutes": 2400, "employed_from": "2026-01-01"})
		c.want(http.StatusCreated, c.do("POST", "/api/v1/decisions", object{"kind": "add_punch", "employee_id": id, "mode": "in",
			"at": day.In(zone).Add(8 * time.Hour), "reason": "seen"}))
		if number == "10459" {
			continue
		}
		h.in(tenant, func(ctx context.Context, tx pg.Tx) (err error) {
			request, err = hours.AskCorrection(ctx, tx, hours.Request{Employee: id, Day: day, What: hours.RequestOut, At: day.In(zone).Add(16 * time.Hour), Text: "<b>the bus</b>"},
				audit.Actor{Kind: audit.Account, ID: 1}, time.Now())
			return err
		})
	}
	return c, api, day, request
}

var pickValue = regexp.MustCompile(`name="pick" value="([^"]*)"`)

func picks(body string) (all []string) {
	for _, m := range pickValue.FindAllStringSubmatch(body, -1) {
		all = append(all, html.UnescapeString(m[1]))
	}
	return all
}

func TestExceptionsAreAcceptedTogetherWithOneReason(t *testing.T) {
	c, api, _, _ := forgotten(t)
	body := c.see("/exceptions", "An employee asks for a correction", "Out-tap missing", "&lt;b&gt;the bus&lt;/b&gt;", "a fifth of the contract")
	if n := len(picks(body)); n != 3 {
		t.Fatalf("%d can be picked, want the request and two days", n)
	}
	form := []string{"reason", "asked both", "back", "/exceptions"}
	for _, pick := range picks(body)[1:] {
		form = append(form, "pick", pick)
	}
	c.want(http.StatusSeeOther, c.post("/exceptions", form...))
	if body := c.see("/exceptions", "2 decisions recorded"); strings.Contains(body, "Out-tap missing</h3>") {
		t.Error("what was accepted still waits")
	}
	c.want(http.StatusSeeOther, c.post("/exceptions", form...)) // sent twice
	var q openapi.ExceptionQueue
	api.want(http.StatusOK, api.do("GET", "/api/v1/exceptions", nil)).into(t, &q)
	if q.Total != 1 || q.Items[0].Exception.Kind != "correction_request" {
		t.Errorf("left: %+v", q.Kinds)
	}
}

func TestPickingNonsenseIsRefusedAndHarmsNoOther(t *testing.T) {
	c, api, _, _ := forgotten(t)
	good := picks(c.see("/exceptions"))[1]
	bad := url.Values{"kind": {"add_punch"}, "employee": {"424242"}, "mode": {"out"}, "moment": {"2026-01-02T08:00:00Z"}, "reason": {"x"}}.Encode()
	c.want(http.StatusSeeOther, c.post("/exceptions", "pick", bad, "pick", "%zz", "pick", good, "back", "/exceptions"))
	c.see("/exceptions", "1 recorded; the rest not.")
	var q openapi.ExceptionQueue
	api.want(http.StatusOK, api.do("GET", "/api/v1/exceptions?kind=missing_out", nil)).into(t, &q)
	if q.Total != 1 {
		t.Errorf("%d are left, want 1", q.Total)
	}
}

func TestARequestIsGrantedByItsProposal(t *testing.T) {
	c, api, _, request := forgotten(t)
	var q openapi.ExceptionQueue
	api.want(http.StatusOK, api.do("GET", "/api/v1/exceptions?kind=correction_request", nil)).into(t, &q)
	if q.Total != 1 || q.Items[0].Request.Id != request || q.Items[0].Exception.Proposal == nil {
		t.Fatalf("queue %+v", q)
	}
	c.want(http.StatusCreated, c.do("POST", "/api/v1/decisions", q.Items[0].Exception.Proposal))
	answer := "/api/v1/requests/" + itoa(request) + "/answer"
	c.want(http.StatusConflict, c.do("POST", answer, object{"state": "refused", "reason": "too late"}))
}

func TestARequestIsRefusedWithAReason(t *testing.T) {
	c, _, day, request := forgotten(t)
	c.refused("/exceptions/request", "Give a reason", "request", itoa(request), "state", "refused", "reason", "", "back", "/exceptions",
		"about", "correction_request", "employee", "1", "day", day.String())
	c.want(http.StatusSeeOther, c.post("/exceptions/request", "request", itoa(request), "state", "refused", "reason", "the gate was closed", "back", "/exceptions"))
	if body := c.see("/exceptions", "Answer recorded"); strings.Contains(body, "An employee asks") {
		t.Error("it still waits")
	}
}

func TestAbsenceAndMinutesAreRecordedByHand(t *testing.T) {
	c, _, day, _ := forgotten(t)
	form := func(kind, length string, more ...string) []string {
		return append([]string{"employee", "2", "day", day.String(), "on", day.String(), "kind", kind, "length", length, "about", "by-hand",
			"back", "/timesheets?employee=2&day=" + day.String()}, more...)
	}
	c.refused("/timesheets/decide", "such as 7:36", form("absent", "seven")...)
	c.refused("/timesheets/decide", "such as 7:36", form("absent", "-1:00")...)
	c.refused("/timesheets/decide", "Give a reason", form("add_minutes", "0:30", "code", "100")...)
	c.want(http.StatusSeeOther, c.post("/timesheets/decide", form("absent", "4:00", "reason", "influenza")...))
	c.want(http.StatusSeeOther, c.post("/timesheets/decide", form("add_minutes", "+0:30", "code", "100", "reason", "paid before")...))
	body := c.see("/timesheets?employee=2&day="+day.String(), "absent, 4:00", "with code 100", "paid before")
	if strings.Contains(body, "influenza") {
		t.Error("the reason of an absence was kept") // OB-P2
	}
}

func TestALengthIsReadAsHoursAndMinutes(t *testing.T) {
	for length, minutes := range map[string]int{"7:36": 456, "-0:30": -30, "−0:30": -30, "+1:00": 60, "8": 480, "7,5": 450, "24:00": 1440} {
		if got, ok := parseLength(length); !ok || got != minutes {
			t.Errorf("%q is %d (%t), want %d", length, got, ok, minutes)
		}
	}
	for _, length := range []string{"", "0:00", "7:60", "7:6", "24:01", "1e3", "NaN", "seven", "--1:00", "1:00:00"} {
		if got, ok := parseLength(length); ok {
			t.Errorf("%q is %d, want it refused", length, got)
		}
	}
}
