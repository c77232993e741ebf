package format

import (
	"bytes"
	"encoding/xml"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
	"tikklok/ingest/hours/calendar"
)

// receivedCard is a TimeCard as a receiver reads it: by full names, from the
// standard's description.
type receivedCard struct {
	XMLName xml.Name `xml:"http://ns.hr-xml.org/2007-04-15 TimeCard"`
	ID      string   `xml:"http://ns.hr-xml.org/2007-04-15 Id>IdValue"`
	Number  string   `xml:"http://ns.hr-xml.org/2007-04-15 ReportedResource>Person>Id>IdValue"`
	Name    string   `xml:"http://ns.hr-xml.org/2007-04-15 ReportedResource>Person>PersonName>FormattedName"`
	Times   []struct {
		Status    string `xml:"status,attr"`
		From      string `xml:"http://ns.hr-xml.org/2007-04-15 PeriodStartDate"`
		To        string `xml:"http://ns.hr-xml.org/2007-04-15 PeriodEndDate"`
		Intervals []struct {
			Type     string `xml:"type,attr"`
			Action   string `xml:"actionCode,attr"`
			ID       string `xml:"http://ns.hr-xml.org/2007-04-15 Id>IdValue"`
			Start    string `xml:"http://ns.hr-xml.org/2007-04-15 StartDateTime"`
			End      string `xml:"http://ns.hr-xml.org/2007-04-15 EndDateTime"`
			Duration string `xml:"http://ns.hr-xml.org/2007-04-15 Duration"`
			Rates    []struct {
				Currency   string `xml:"currency,attr"`
				Type       string `xml:"type,attr"`
				Multiplier string `xml:"multiplier,attr"`
				Amount     string `xml:",chardata"`
			} `xml:"http://ns.hr-xml.org/2007-04-15 RateOrAmount"`
			CostCentre string `xml:"http://ns.hr-xml.org/2007-04-15 AdditionalData>StaffingAdditionalData>CustomerReportingRequirements>CostCenterCode"`
		} `xml:"http://ns.hr-xml.org/2007-04-15 TimeInterval"`
	} `xml:"http://ns.hr-xml.org/2007-04-15 ReportedTime"`
	Approvals []struct {
		By string `xml:"http://ns.hr-xml.org/2007-04-15 Person>Id>IdValue"`
		At string `xml:"http://ns.hr-xml.org/2007-04-15 ApprovedDateTime"`
	} `xml:"http://ns.hr-xml.org/2007-04-15 ApprovalInfo"`
	Assignment string `xml:"http://ns.hr-xml.org/2007-04-15 AdditionalData>StaffingAdditionalData>ReferenceInformation>AssignmentId>IdValue"`
}

// received reads a card, after holding it to the schema's order and the rules.
func received(t *testing.T, body []byte) receivedCard {
	t.Helper()
	inOrder(t, body)
	keepsRules(t, body)
	return readCard(t, body)
}

func keepsRules(t *testing.T, body []byte) {
	t.Helper()
	broken, err := brokenRules(body)
	if err != nil || len(broken) > 0 {
		t.Errorf("breaks rules %v, %v:\n%s", broken, err, body)
	}
}

func readCard(t *testing.T, body []byte) (c receivedCard) {
	t.Helper()
	if err := xml.Unmarshal(body, &c); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	for _, i := range c.Times[0].Intervals {
		if len(i.Rates) != 1 || i.Rates[0].Currency != "EUR" || i.Rates[0].Amount != "0.00" || i.End != "" {
			t.Errorf("interval %+v", i)
		}
		if (i.Action == "") != (c.Times[0].Status == "") {
			t.Errorf("action %q in a card of status %q", i.Action, c.Times[0].Status)
		}
	}
	return c
}

// inOrder holds elements to the sequences of TimeCard.xsd.
func inOrder(t *testing.T, body []byte) {
	t.Helper()
	sequences := map[string][]string{
		"TimeCard":               {"Id", "ReportedResource", "ReportedTime", "SubmitterInfo", "ApprovalInfo", "AdditionalData"},
		"Person":                 {"Id", "PersonName"},
		"ReportedTime":           {"PeriodStartDate", "PeriodEndDate", "TimeInterval"},
		"TimeInterval":           {"Id", "StartDateTime", "EndDateTime", "Duration", "RateOrAmount", "AdditionalData"},
		"ApprovalInfo":           {"Person", "ApprovedDateTime", "Comment"},
		"SubmitterInfo":          {"Person", "Source", "SubmittedDateTime"},
		"AdditionalData":         {"StaffingAdditionalData"},
		"StaffingAdditionalData": {"CustomerReportingRequirements", "ReferenceInformation"},
		"ReferenceInformation":   {"StaffingSupplierId", "StaffingCustomerId", "AssignmentId"},
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	type open struct {
		name string
		last int
	}
	stack := []open{{}}
	for {
		token, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			parent := &stack[len(stack)-1]
			if seq, ok := sequences[parent.name]; ok {
				place := slices.Index(seq, e.Name.Local)
				if place < parent.last {
					t.Errorf("%s stands out of order in %s", e.Name.Local, parent.name)
				}
				parent.last = place
			}
			stack = append(stack, open{name: e.Name.Local})
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		}
	}
}

func readSETU(t *testing.T, _ Settings, doc document) (rows []read) {
	t.Helper()
	files := unzip(t, doc.body)
	for i, name := range slices.Sorted(maps.Keys(files)) {
		read := received
		if i >= 1000 {
			read = readCard // the first thousand of a large file will do for rules
		}
		rows = append(rows, setuRows(t, read(t, files[name]))...)
	}
	return rows
}

func setuRows(t *testing.T, c receivedCard) (rows []read) {
	t.Helper()
	for _, i := range c.Times[0].Intervals {
		if i.Action == "Void" {
			continue
		}
		h, err := strconv.Atoi(strings.Replace(i.Duration, ".", "", 1))
		if _, err2 := calendar.ParseDate(i.Start[:10]); err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		component := i.Type + " " + i.Rates[0].Multiplier
		if i.Rates[0].Type == "hourlysplit" {
			component += " split"
		}
		rows = append(rows, read{c.Number, c.Name, component, h})
	}
	return rows
}

func setuSuite() suiteFormat {
	return suiteFormat{format: setuTimeCard{}, settings: Settings{"customer_id": "223445", "supplier_id": "39876", "names": "yes", "source": "Vries & Zn"},
		codes: map[string]string{"N": "Regular 100", "EVE": "Shift 125", "NGT": "Shift 150 split"}, named: true, replaces: true, read: readSETU}
}

func TestACorrectionIsTheWholeCardAgain(t *testing.T) { // I8
	files := unzip(t, setuSuite().write(t, nasty()["corrections"]()).body)
	if len(files) != 3 {
		t.Fatalf("%d cards", len(files))
	}
	var got []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		c := received(t, files[name])
		got = append(got, c.Number+" "+c.Times[0].Status)
		for _, i := range c.Times[0].Intervals {
			got = append(got, strings.TrimSpace(i.Start[:10]+" "+i.Type+" "+i.Duration+" "+i.Action))
		}
	}
	want := []string{
		"1 corrected", "2026-07-01 Regular 0.67 Change", "2026-07-02 Regular 0.33 Unchanged", "2026-07-03 Shift 1.00 Void", "2026-07-04 Regular 0.08 Add",
		"2 corrected", "2026-07-01 Regular 7.50 Change",
		"3 ", "2026-07-09 Regular 8.00",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestNamesStayOutUntilAskedFor(t *testing.T) { // OB-P1
	s := setuSuite()
	s.settings = Settings{"customer_id": "1", "supplier_id": "2"}
	for _, body := range unzip(t, s.write(t, run{lines: []Line{line(1, "17", at(1), "N", 60)}}).body) {
		if bytes.Contains(body, []byte("Jansen")) || bytes.Contains(body, []byte("PersonName")) || bytes.Contains(body, []byte("SubmitterInfo")) {
			t.Errorf("%s", body)
		}
	}
}

func TestComponentsAreHourTypesWithAMultiplier(t *testing.T) {
	for component, want := range map[string]bool{"Regular": true, "Regular 100": true, "Overtime 150.5": true, "Regular canceled 100": true,
		"Overtime 99": false, "Overtime 1001": false, "Sick time 100": false, "overtime 150": false, "Overtime -150": false, "150": false, "": false, "Overtime 1.5.0": false,
		"Shift 125 split": true, "Shift 25 split": false, "Shift split 125": false, "Holiday": true, "Regular wage dispensation": false, "Overtime NaN": false} {
		if err := (setuTimeCard{}).CheckComponent(component); (err == nil) != want {
			t.Errorf("%q: %v", component, err)
		}
	}
}

func TestACardSaysWhenItWasApprovedAndByWhomWhereAsked(t *testing.T) { // OB-P1
	first, second := time.Date(2026, 7, 30, 10, 0, 0, 0, time.UTC), time.Date(2026, 7, 31, 23, 30, 0, 0, time.FixedZone("", 7200))
	a, b, c, other := line(1, "17", at(1), "N", 60), line(2, "17", at(2), "N", 60), line(3, "17", at(3), "N", 60), line(4, "17", at(3), "N", 60)
	a.ApprovedAt, a.ApprovedBy = first, audit.Actor{Kind: audit.Account, ID: 9}
	b.ApprovedAt, b.ApprovedBy = first, audit.Actor{Kind: audit.Account, ID: 9}
	c.ApprovedAt, c.ApprovedBy = second, audit.Actor{Kind: audit.Account, ID: 4}
	other.Assignment = "elsewhere" // not approved as far as is known
	for setting, want := range map[string][]string{
		"time": {"2026-07-30T10:00:00Z ", "2026-07-31T21:30:00Z "}, "account": {"2026-07-30T10:00:00Z account-9", "2026-07-31T21:30:00Z account-4"}, "no": nil} {
		s := setuSuite()
		s.settings["approval"] = setting
		for _, body := range unzip(t, s.write(t, run{sent: []Line{c}, lines: []Line{b, a, other}}).body) {
			var got []string
			card := received(t, body)
			for _, a := range card.Approvals {
				got = append(got, a.At+" "+a.By)
			}
			if card.Assignment == "" && !slices.Equal(got, want) || card.Assignment != "" && got != nil {
				t.Errorf("%s: card of assignment %q approved %q", setting, card.Assignment, got)
			}
		}
	}
}

func FuzzSETU14ReadsBackWhatWasWritten(f *testing.F) {
	setuFuzz(f, setuSuite)
}
