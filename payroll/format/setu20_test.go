package format

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tikklok/ingest/hours/calendar"
)

// received20Card is a timecard as a receiver reads it, from the schema of the
// standard: what is required there has no pointer, and nothing else may stand.
type received20Card struct {
	DocumentID received20ID
	Supplier   *struct{ ID []received20ID }
	Customer   *struct{ ID []received20ID }
	Person     struct {
		ID   []received20ID
		Name *struct{ FormattedName string }
	}
	Period       struct{ DatePeriod struct{ Start, End string } }
	StaffingIDs  *struct{ AssignmentID *received20ID }
	TimeInterval []struct {
		ID         received20ID
		CostCenter *struct{ Code string }
		TypeCode   struct{ Value string }
		Period     struct {
			DateTimePeriod struct {
				Start string
				End   *string
			}
		}
		TimeTotal string
		PayRates  []struct {
			Amount struct {
				Value    float64
				Currency struct{ Value string }
			}
			IntervalCode         struct{ Value string }
			Multiplier           float64
			ToBeBilled, ToBePaid bool
		}
	}
}

type received20ID struct{ Value, SchemeAgencyID string }

func (i received20ID) good(agencies ...string) bool {
	return i.Value != "" && slices.Contains(agencies, i.SchemeAgencyID)
}

var (
	decimal20 = regexp.MustCompile(`^[0-9]+\.[0-9]{2}$`)
	key20     = regexp.MustCompile(`"([^"\\]+)": `)
)

// received20 holds a timecard to the schema.
func received20(t testing.TB, body []byte) (c received20Card) {
	t.Helper()
	known := strings.Fields(`documentId value schemeAgencyId supplier customer id person name formattedName period datePeriod start end
		staffingIds assignmentId timeInterval costCenter code typeCode dateTimePeriod timeTotal payRates amount currency intervalCode multiplier toBeBilled toBePaid`)
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields() // additionalProperties: false, anywhere
	if err := d.Decode(&c); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	for _, line := range strings.Split(string(body), "\n") { // the decoder takes keys of any case
		if k := key20.FindStringSubmatch(strings.TrimSpace(line)); k != nil && strings.HasPrefix(strings.TrimSpace(line), `"`) && !slices.Contains(known, k[1]) {
			t.Errorf("key %q", k[1])
		}
	}
	both := []string{"Customer", "Supplier"}
	if !c.DocumentID.good(both...) || len(c.Person.ID) < 1 || len(c.Person.ID) > 2 || !c.Person.ID[0].good(both...) ||
		!c.Supplier.ID[0].good(both...) || !c.Customer.ID[0].good(both...) || c.StaffingIDs != nil && !c.StaffingIDs.AssignmentID.good("Supplier") {
		t.Errorf("ids %+v", c)
	}
	dates := []string{c.Period.DatePeriod.Start, c.Period.DatePeriod.End}
	for _, i := range c.TimeInterval {
		dates = append(dates, strings.TrimSuffix(i.Period.DateTimePeriod.Start, "T00:00:00"))
		if !i.ID.good(both...) || i.TypeCode.Value == "" || !decimal20.MatchString(i.TimeTotal) || len(i.PayRates) > 2 {
			t.Errorf("interval %+v", i)
		}
		for _, r := range i.PayRates {
			if r.Amount.Currency.Value != "EUR" || !slices.Contains([]string{"HourlyConsolidated", "HourlySplit"}, r.IntervalCode.Value) || r.Multiplier <= 0 {
				t.Errorf("rate %+v", r)
			}
		}
	}
	for _, d := range dates {
		if _, err := calendar.ParseDate(d); err != nil {
			t.Error(err)
		}
	}
	return c
}

func (c received20Card) rows(t testing.TB) (rows []read) {
	t.Helper()
	person := ""
	if c.Person.Name != nil {
		person = c.Person.Name.FormattedName
	}
	for _, i := range c.TimeInterval {
		h, err := strconv.Atoi(strings.Replace(i.TimeTotal, ".", "", 1))
		if err != nil {
			t.Fatal(err)
		}
		component := i.TypeCode.Value
		for _, r := range i.PayRates {
			component += " " + strconv.FormatFloat(r.Multiplier, 'f', -1, 64)
			if r.IntervalCode.Value == "HourlySplit" {
				component += " split"
			}
		}
		rows = append(rows, read{c.Person.ID[0].Value, person, component, h})
	}
	return rows
}

func readSETU20(t *testing.T, _ Settings, doc document) (rows []read) {
	t.Helper()
	files := unzip(t, doc.body)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		rows = append(rows, received20(t, files[name]).rows(t)...)
	}
	return rows
}

func setu20Suite() suiteFormat {
	return suiteFormat{format: setuTimecard20{}, settings: Settings{"customer_id": "223445", "supplier_id": "39876", "names": "yes"},
		codes: map[string]string{"N": "HT100", "EVE": "HT300 125", "NGT": "HT300 25.5 split"}, named: true, replaces: true, read: readSETU20}
}

func TestVoidHoursStayInTheTimecardAsZero(t *testing.T) { // a PUT does not take away what it leaves out
	sent := []Line{line(1, "17", at(1), "N", 60), line(2, "17", at(2), "EVE", 30)}
	for name, body := range unzip(t, setu20Suite().write(t, run{sent: sent, lines: []Line{line(3, "17", at(2), "EVE", -30)}}).body) {
		var got []string
		for _, i := range received20(t, body).TimeInterval {
			got = append(got, i.Period.DateTimePeriod.Start[:10]+" "+i.TimeTotal)
		}
		if !strings.HasPrefix(name, "corrected/") || !slices.Equal(got, []string{"2026-07-01 1.00", "2026-07-02 0.00"}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestNamesStayOutOfTimecardsUntilAskedFor(t *testing.T) { // OB-P1
	s := setu20Suite()
	s.settings["names"] = "no"
	for _, body := range unzip(t, s.write(t, run{lines: []Line{line(1, "17", at(1), "N", 60)}}).body) {
		if bytes.Contains(body, []byte("Jansen")) || bytes.Contains(body, []byte(`"name"`)) {
			t.Errorf("%s", body)
		}
	}
}

func TestComponentsOfTimecardsAreCodesOfTheirList(t *testing.T) {
	for component, want := range map[string]bool{"HT100": true, "HT100 100": true, "HT200 150.5": true, "HT300 25 split": true, "HT102B": true,
		"HT100 99": false, "HT300 split": false, "HT300 0 split": false, "HT10": false, "HT1000": false, "ht100": false, "HT100b": false, "Overtime 150": false, "100": false, "": false, "HT100 1e3": false} {
		if err := (setuTimecard20{}).CheckComponent(component); (err == nil) != want {
			t.Errorf("%q: %v", component, err)
		}
	}
}

func calls(t *testing.T, doc document) (all []TimecardCall) {
	t.Helper()
	for c, err := range TimecardCalls(bytes.NewReader(doc.body), int64(len(doc.body))) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

func TestACallKeepsTheIDOfItsTimecardInRetriesAndCorrections(t *testing.T) {
	s := setu20Suite()
	first := line(1, "17", at(1), "N", 60)
	submit, again := calls(t, s.write(t, run{lines: []Line{first}})), calls(t, s.write(t, run{lines: []Line{first}}))
	correct := calls(t, s.write(t, run{sent: []Line{first}, lines: []Line{line(2, "17", at(1), "N", 30)}}))
	if len(submit) != 1 || len(again) != 1 || len(correct) != 1 {
		t.Fatalf("%d, %d, %d calls", len(submit), len(again), len(correct))
	}
	c := submit[0]
	if c.Method != "POST" || c.Path != "/purchase-to-pay/timecard/"+c.ID || !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(c.ID) {
		t.Errorf("%s %s", c.Method, c.Path)
	}
	if version := map[string][]string(c.Header)["setuVersionId"]; !slices.Equal(version, []string{"2.0"}) || c.Header.Get("Content-Type") != "application/json" || received20(t, c.Body).DocumentID.Value != "TK-3-12599-20260701-20260731" {
		t.Errorf("%v\n%s", c.Header, c.Body)
	}
	if again[0].ID != c.ID || !bytes.Equal(again[0].Body, c.Body) || correct[0].ID != c.ID || correct[0].Method != "PUT" {
		t.Errorf("again %+v, corrected %+v", again[0], correct[0])
	}
}

func TestTimecardsOfOthersHaveOtherIDs(t *testing.T) {
	seen := map[string]bool{}
	for _, change := range []func(*suiteFormat, *Line){
		func(*suiteFormat, *Line) {},
		func(s *suiteFormat, _ *Line) { s.settings["customer_id"] = "1" },
		func(s *suiteFormat, _ *Line) { s.settings["supplier_id"] = "1" },
		func(_ *suiteFormat, l *Line) { l.Employee++ },
		func(_ *suiteFormat, l *Line) { l.Assignment = "1234" },
		func(_ *suiteFormat, l *Line) { l.Period.From = at(2) },
	} {
		s, l := setu20Suite(), line(1, "17", at(3), "N", 60)
		change(&s, &l)
		seen[calls(t, s.write(t, run{lines: []Line{l}}))[0].ID] = true
	}
	if len(seen) != 6 {
		t.Errorf("%d ids of 6 timecards", len(seen))
	}
}

func TestOnlyAnAnswerThatItWasProcessedCounts(t *testing.T) {
	post, put := TimecardCall{Method: "POST", ID: "x"}, TimecardCall{Method: "PUT", ID: "x"}
	for status, want := range map[int][2]bool{200: {true, true}, 201: {true, true}, 202: {false, false}, 204: {false, true}, 302: {}, 400: {}, 404: {}, 409: {}, 500: {}} {
		if got := [2]bool{post.Taken(status), put.Taken(status)}; got != want {
			t.Errorf("%d: %v", status, got)
		}
	}
	if c, ok := post.Instead(409); !ok || c.Method != "PUT" || c.ID != "x" {
		t.Errorf("a timecard that is there already: %+v", c)
	}
	if c, ok := put.Instead(404); !ok || c.Method != "POST" {
		t.Errorf("a timecard that is not there: %+v", c)
	}
	if _, ok := post.Instead(400); ok {
		t.Error("a call that is refused has no other")
	}
}

func TestCallsAreMadeOfTimecardsOnly(t *testing.T) {
	whole := setu20Suite().write(t, many(20)).body
	damaged := bytes.Clone(whole)
	damaged[len(whole)/3] ^= 0xff
	for what, body := range map[string][]byte{"nothing": nil, "half a file": whole[:len(whole)/2], "a damaged file": damaged, "the other version": setuSuite().write(t, many(1)).body} {
		var failed error
		for _, err := range TimecardCalls(bytes.NewReader(body), int64(len(body))) {
			failed = err
		}
		if failed == nil {
			t.Errorf("%s made calls", what)
		}
	}
	n := 0
	for range TimecardCalls(bytes.NewReader(whole), int64(len(whole))) {
		if n++; n == 3 {
			break
		}
	}
	if _, err := io.Copy(io.Discard, bytes.NewReader(whole)); err != nil || n != 3 {
		t.Errorf("%d calls of the three asked for, %v", n, err)
	}
}

func FuzzSETU20ReadsBackWhatWasWritten(f *testing.F) {
	setuFuzz(f, setu20Suite)
}

func FuzzTimecardCallsTakeNoFileButTheirOwn(f *testing.F) {
	var whole bytes.Buffer
	s := setu20Suite()
	if err := s.format.Write(&whole, s.content(f, run{lines: []Line{line(1, "17", at(1), "N", 60)}})); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, file []byte) {
		for c, err := range TimecardCalls(bytes.NewReader(file), int64(len(file))) {
			if err == nil && (len(c.ID) != 36 || strings.Contains(c.Path, "..") || len(c.Body) > maxTimecard) {
				t.Fatalf("%s %q", c.Method, c.Path)
			}
		}
	})
}
