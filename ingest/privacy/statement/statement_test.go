package statement

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/press"
	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/register"
	"tikklok/ingest/privacy/retention"
	"tikklok/ingest/privacy/wording"
)

// sample is a tenant with a bit of everything.
func sample() Content {
	var terms retention.Terms
	for _, r := range retention.Rules() {
		terms = append(terms, retention.Term{Class: r.Class, Keep: r.Preset})
	}
	terms[0].Reference, terms[1].Wanting = "brief 2026-14", true
	var checks []Check
	for i, name := range Known() {
		checks = append(checks, Check{Measure: name, State: []State{Works, Lacks, Unseen}[i%3], Values: []any{"42", "12"}})
	}
	employees := privacy.Table{Name: "employee", Room: "people", Subjects: []privacy.Group{privacy.Employees}, Why: privacy.Registering, Basis: privacy.ByContract, Class: privacy.Employment,
		Readers: []privacy.Reader{privacy.Administrators, privacy.Themselves}, Source: privacy.FromCustomer, To: []privacy.Recipient{privacy.ToPayroll}, Erase: privacy.EraseRows,
		Fields: []privacy.Field{{Column: "surname", Kind: privacy.Name}, {Column: "first_name", Kind: privacy.Name, Optional: true}, {Column: "first_name_sealed", Kind: privacy.Name, Optional: true},
			{Column: "birth_date_sealed", Kind: privacy.Birth, Optional: true}, {Column: "employed_from", Kind: privacy.Moment, Why: privacy.WorkingTimeLaw}}}
	accounts := privacy.Table{Name: "account", Room: "people", Subjects: []privacy.Group{privacy.Users}, Why: privacy.SigningIn, Basis: privacy.ByInterest, Class: privacy.AccountData,
		Readers: []privacy.Reader{privacy.Administrators}, Source: privacy.FromCustomer, Erase: privacy.EraseRows, Fields: []privacy.Field{{Column: "email", Kind: privacy.Contact}}}
	return Content{
		Tenant: "Van Dam Logistiek", At: time.Date(2026, 11, 21, 14, 5, 0, 0, time.UTC), Catalogue: privacy.Catalogue{employees, accounts, {Name: "plain", Plain: []string{"x"}}}, Terms: terms,
		Optional: []Optional{{"first_name", "om twee Jansens uit elkaar te houden"}},
		Contract: Contract{Recorded: true, Reference: "VO-2026-3", Breach: 24, Regions: []string{"NL", "EU", "EEA", "other"}, Consent: true},
		Details:  Details{Version: 1, Controller: "Van Dam Logistiek, Haarlem", ControllerContact: "privacy@vandam.example", Processor: "Tikklok BV, Zwolle", ProcessorContact: "038 000 00 00"},
		Engaged:  []register.Entry{{Values: map[string]string{"name": "Rekencentrum Noord", "does": "servers", "data": "alles, versleuteld", "place": "Groningen", "jurisdiction": "Nederland"}}},
		Packages: []Package{{"Salaris 2026", "Nmbrs"}}, Scale: Scale{Employees: 19, Accounts: 3, Sites: 2, Readers: 4}, Checks: checks, Wall: true,
	}
}

func write(t *testing.T, kind Kind, c Content, language string) press.Document {
	t.Helper()
	d, err := Write(kind, c, language)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// aKey is what stands where a sentence is missing.
var aKey = regexp.MustCompile(`^[a-z-]+(\.[a-zA-Z0-9-]+)+$`)

func TestEveryDocumentIsWrittenInWordsAndDrawn(t *testing.T) {
	empty := Content{Tenant: "Leeg", At: sample().At, Catalogue: sample().Catalogue}
	for _, kind := range Kinds() {
		for _, language := range wording.Languages() {
			for name, c := range map[string]Content{"full": sample(), "empty": empty} {
				d := write(t, kind, c, language)
				for _, line := range strings.FieldsFunc(d.Text(), func(r rune) bool { return r == '\n' || r == ':' }) {
					if line = strings.TrimSpace(strings.TrimPrefix(line, "- ")); aKey.MatchString(line) || strings.Contains(line, "{0}") {
						t.Errorf("%s %s %s says %q", kind, language, name, line)
					}
				}
				draw(t, d, string(kind)+"-"+language+"-"+name)
			}
		}
	}
}

// draw makes the PDF, and keeps it where STATEMENT_FOLDER says, to look at.
func draw(t *testing.T, d press.Document, name string) {
	t.Helper()
	var b bytes.Buffer
	if err := d.PDF(&b); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if folder := os.Getenv("STATEMENT_FOLDER"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name+".pdf"), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLanguagesSayTheSame(t *testing.T) {
	nl, en := read(t, "nl"), read(t, "en")
	if differ := press.Differences(nl.Words, en.Words); len(differ) > 0 {
		t.Fatalf("nl and en differ in %v", differ)
	}
	for _, name := range Known() {
		for _, family := range []string{"measure.", "seen.", "lacks."} {
			if !nl.Knows(family + name) {
				t.Errorf("no sentence %s%s", family, name)
			}
		}
	}
	for _, r := range risks() {
		for _, m := range r.measures {
			if !slices.Contains(Known(), m) {
				t.Errorf("the risk %s names the measure %q, which is none", r.name, m)
			}
		}
	}
}

func read(t *testing.T, language string) texts {
	t.Helper()
	w, err := textsOf(language)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestNoMeasureIsClaimedThatWasNotFound(t *testing.T) {
	c, said := sample(), read(t, "en")
	for _, state := range []State{Lacks, Unseen} {
		c.Checks = nil
		for _, name := range Known() {
			c.Checks = append(c.Checks, Check{name, state, []any{"0", "0"}})
		}
		d := write(t, Safeguards, c, "en")
		if found := part(t, d, "Found"); len(found.Table.Rows) > 0 {
			t.Errorf("%s measures stand as found: %v", state, found.Table.Rows)
		}
		if p := part(t, write(t, Activities, c, "en"), "Security"); len(p.List) > 0 {
			t.Errorf("the register claims %v", p.List)
		}
		for _, r := range part(t, write(t, Assessment, c, "en"), "Risks and measures").Table.Rows {
			if r[1] != said.Say("none") {
				t.Errorf("against %q stands as found: %s", r[0], r[1])
			}
		}
	}
}

func part(t *testing.T, d press.Document, head string) press.Part {
	t.Helper()
	i := slices.IndexFunc(d.Parts, func(p press.Part) bool { return p.Head == head })
	if i < 0 {
		t.Fatalf("%s has no part %q", d.Title, head)
	}
	return d.Parts[i]
}

func TestAnOptionalFieldIsNamedOnlyWhereItIsOn(t *testing.T) { // OB-P1
	c := sample()
	if text := write(t, Activities, c, "en").Text(); strings.Contains(text, "birth date") || !strings.Contains(text, "first name") {
		t.Errorf("the register:\n%s", text)
	}
	if text := write(t, Notice, c, "en").Text(); !strings.Contains(text, "first name: om twee Jansens") {
		t.Errorf("the notice doesn't say what a field that is on is for:\n%s", text)
	}
	c.Optional = nil
	if text := write(t, Activities, c, "en").Text(); strings.Contains(text, "first name") {
		t.Errorf("a field that is off is listed:\n%s", text)
	}
	if text := write(t, Notice, c, "en").Text(); !strings.Contains(text, "Not kept: first name, birth date.") {
		t.Error("the notice doesn't say that optional fields are off")
	}
}

func TestAFieldIsListedUnderItsOwnPurpose(t *testing.T) {
	d := write(t, Activities, sample(), "en")
	for head, want := range map[string]string{
		"Correct, complete and timely registration of hours":                               "surname, first name",
		"Recording working and rest times and checking them against the Working Hours Act": "employed from",
	} {
		if rows := part(t, d, head).Table.Rows; len(rows) != 1 || rows[0][1] != want {
			t.Errorf("%s: %v, want %q", head, rows, want)
		}
	}
}

func TestTheNoticeIsAboutEmployeesOnly(t *testing.T) {
	rows := part(t, write(t, Notice, sample(), "en"), "What is kept of you, and what for").Table.Rows
	if len(rows) != 2 {
		t.Errorf("%d purposes, of which one is of users only: %v", len(rows), rows)
	}
}

func TestStatisticsFollowTheContract(t *testing.T) { // OB-P13
	c := sample()
	for want, set := range map[string][2]bool{"None: ": {false, true}, "off at present": {true, false}, "Without persons": {true, true}} {
		c.Contract.Statistics, c.Analysis = set[0], set[1]
		facts := part(t, write(t, Activities, c, "en"), "The agreement").Facts
		if got := facts[len(facts)-1].Value; !strings.Contains(got, want) {
			t.Errorf("%v: %q", set, got)
		}
	}
}

func TestAnotherDocumentOrLanguageIsRefused(t *testing.T) {
	if _, err := Write("../x", sample(), "nl"); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if _, err := Write(Notice, sample(), "fr"); !errors.Is(err, wording.ErrLanguage) {
		t.Error(err)
	}
}

func TestDataIsSaidToBeWhereItWasDeclaredOnly(t *testing.T) { // OB-P9: the contract says where it may be, not where it is
	c := sample()
	c.Contract.Regions, c.Contract.Located = []string{"NL"}, false
	if text := write(t, Activities, c, "en").Text(); !strings.Contains(text, "allowed: the Netherlands; not of every storage") {
		t.Error("an undeclared place is said to be in the Netherlands")
	}
	c.Contract.Located = true
	if text := write(t, Notice, c, "en").Text(); !strings.Contains(text, "the Netherlands, as declared") {
		t.Error("a declared place is not said")
	}
}
