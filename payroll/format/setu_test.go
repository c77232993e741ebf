package format

import (
	"bytes"
	"encoding/xml"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

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
		} `xml:"http://ns.hr-xml.org/2007-04-15 TimeInterval"`
	} `xml:"http://ns.hr-xml.org/2007-04-15 ReportedTime"`
	Assignment []struct {
		Owner string `xml:"idOwner,attr"`
		Value string `xml:"http://ns.hr-xml.org/2007-04-15 IdValue"`
	} `xml:"http://ns.hr-xml.org/2007-04-15 AdditionalData>StaffingAdditionalData>ReferenceInformation>AssignmentId"`
}

var decimalHours = regexp.MustCompile(`^[0-9]+\.[0-9]{2}$`)

// received holds a card to the business rules of RTE-v1.4-TimeCard.
func received(t *testing.T, body []byte) receivedCard {
	t.Helper()
	inOrder(t, body)
	var c receivedCard
	if err := xml.Unmarshal(body, &c); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	if c.ID == "" || c.Number == "" || len(c.Times) != 1 || !slices.Contains([]string{"", "rejected", "corrected"}, c.Times[0].Status) {
		t.Fatalf("card %+v", c)
	}
	for _, i := range c.Times[0].Intervals {
		if !decimalHours.MatchString(i.Duration) {
			t.Errorf("Duration.1: %q is not decimal hours, 0 or more", i.Duration)
		}
		if m, err := strconv.ParseFloat(i.Rates[0].Multiplier, 64); len(i.Rates) != 1 || err != nil || m < 100 || i.Rates[0].Type != "hourly" || i.Rates[0].Currency != "EUR" || i.Rates[0].Amount != "0.00" {
			t.Errorf("RateOrAmount: %+v", i.Rates)
		}
		if (i.Action == "") != (c.Times[0].Status == "") || i.Action != "" && !slices.Contains([]string{"Add", "Change", "Void", "Unchanged"}, i.Action) {
			t.Errorf("ActionCode.1: %q", i.Action)
		}
	}
	for _, a := range c.Assignment {
		if a.Owner != "StaffingCompany" || a.Value == "" {
			t.Errorf("AssignmentId.1: %+v", a)
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
		"TimeInterval":           {"Id", "StartDateTime", "EndDateTime", "Duration", "RateOrAmount"},
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
	for _, name := range slices.Sorted(maps.Keys(files)) {
		c := received(t, files[name])
		for _, i := range c.Times[0].Intervals {
			if i.Action == "Void" {
				continue
			}
			whole, part, _ := strings.Cut(i.Duration, ".")
			h, err := strconv.Atoi(whole + part)
			if _, err2 := calendar.ParseDate(i.Start[:10]); err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			rows = append(rows, read{c.Number, c.Name, i.Type + " " + i.Rates[0].Multiplier, h})
		}
	}
	return rows
}

func setuSuite() suiteFormat {
	return suiteFormat{format: setuTimeCard{}, settings: Settings{"customer_id": "223445", "supplier_id": "39876", "names": "yes", "source": "Vries & Zn"},
		codes: map[string]string{"N": "Regular 100", "EVE": "Shift 125", "NGT": "Shift 150"}, named: true, replaces: true, read: readSETU}
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

func TestNegativeHoursAreRefusedNamingTheDay(t *testing.T) {
	s := setuSuite()
	_, err := s.try(t, run{lines: []Line{line(1, "17", at(4), "N", -30)}})
	if err == nil || !strings.Contains(err.Error(), "employee number 17 has -0:30 hours of code N on 2026-07-04") {
		t.Errorf("%v", err)
	}
}

func TestEachAssignmentHasItsCardAndCardsShareTheTotal(t *testing.T) {
	a, b, c := line(1, "17", at(1), "N", 20), line(2, "17", at(1), "N", 20), line(3, "17", at(2), "N", 20)
	b.Assignment, c.Assignment = "1234/1", "1234/2"
	doc := setuSuite().write(t, run{lines: []Line{a, b, c}})
	sum := 0
	for _, r := range readSETU(t, nil, doc) {
		sum += r.times
	}
	if files := unzip(t, doc.body); len(files) != 3 || sum != 100 {
		t.Errorf("%d cards of %d hundredths together", len(files), sum)
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
		"Overtime 99": false, "Overtime 1001": false, "Sick time 100": false, "overtime 150": false, "Overtime -150": false, "150": false, "": false, "Overtime 1.5.0": false} {
		if err := (setuTimeCard{}).CheckComponent(component); (err == nil) != want {
			t.Errorf("%q: %v", component, err)
		}
	}
}
