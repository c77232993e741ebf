package format

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"tikklok/ingest/audit"
)

// The files of the standard itself aren't part of this repository. Where
// SETU_SPECIFICATIONS names a checkout of
// github.com/setu-standards/xml-specifications they hold every golden card, and
// one with all that settings add, to its schemas and rules. docs/formats.md says
// against which texts they have passed. setu14_rules_test.go and setu20_test.go
// hold cards to the same as we read it, without those files.

func specification(t *testing.T, path string) string {
	t.Helper()
	folder := os.Getenv("SETU_SPECIFICATIONS")
	if folder == "" {
		t.Skip("NOT VALIDATED against the official schemas and rules: SETU_SPECIFICATIONS names no checkout of github.com/setu-standards/xml-specifications")
	}
	path = filepath.Join(folder, filepath.FromSlash(path))
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// officialCards gives the golden files of a version, at least as many as the
// suite has cases, and after them cards with all that settings add.
func officialCards(t *testing.T, pattern string, s suiteFormat, all Settings) []string {
	t.Helper()
	cards, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(cards) < 10 {
		t.Fatalf("%d cards, %v", len(cards), err)
	}
	maps.Copy(s.settings, all)
	s.settings["cost_centres"] = "yes"
	a, b, c := line(1, "17", at(1), "N", 60), line(2, "17", at(2), "NGT", 50), line(3, "17", at(2), "EVE", 20)
	for i, l := range []*Line{&a, &b, &c} {
		l.Assignment, l.CostCentre = "1234/1", fmt.Sprintf("<K%d>", i)
		l.ApprovedAt, l.ApprovedBy = time.Date(2026, 7, 30, 10, i, 0, 0, time.UTC), audit.Actor{Kind: audit.Account, ID: int64(i + 1)}
	}
	folder := t.TempDir()
	for i, r := range []run{{lines: []Line{a, b, c}}, {sent: []Line{a, b}, lines: []Line{c}}} {
		for _, body := range unzip(t, s.write(t, r).body) {
			path := filepath.Join(folder, fmt.Sprint(i))
			if err := os.WriteFile(path, body, 0o600); err != nil {
				t.Fatal(err)
			}
			cards = append(cards, path)
		}
	}
	return cards
}

func officialCards14(t *testing.T) []string {
	t.Helper()
	return officialCards(t, "setu-1.4/*/*.xml", setuSuite(), Settings{"approval": "account", "id_owner": "StaffingCompany"})
}

// schemaSays validates files against a schema of XML.
func schemaSays(t *testing.T, schema string, files ...string) (says string, err error) {
	t.Helper()
	program, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not here (Debian: libxml2-utils)")
	}
	out, err := exec.Command(program, append([]string{"--noout", "--nonet", "--schema", schema}, files...)...).CombinedOutput()
	return string(out), err
}

// maimed writes the first of the files with something changed in it.
func maimed(t *testing.T, files []string, old, new string) string {
	t.Helper()
	body, err := os.ReadFile(files[0])
	if err != nil || !strings.Contains(string(body), old) {
		t.Fatalf("%q is not in %s: %v", old, files[0], err)
	}
	path := filepath.Join(t.TempDir(), "maimed.xml")
	if err := os.WriteFile(path, []byte(strings.Replace(string(body), old, new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSETU14CardsPassTheOfficialSchema(t *testing.T) {
	schema := specification(t, "hr-xml/SIDES/TimeCardAdditionalData.xsd")
	cards := officialCards14(t)
	if says, err := schemaSays(t, schema, cards...); err != nil {
		t.Errorf("%v\n%s", err, says)
	}
	if says, err := schemaSays(t, schema, maimed(t, cards, "<Duration>", "<Duration>PT")); err == nil {
		t.Errorf("the schema takes anything:\n%s", says)
	}
}

func TestSETU14CardsPassTheOfficialRules(t *testing.T) {
	text, err := os.ReadFile(specification(t, "setu/validator/RTE-v1.4-TimeCard.xml"))
	if err != nil {
		t.Fatal(err)
	}
	cards := officialCards14(t)
	var official, ours []string
	for _, r := range parseRules(t, string(text)).Rules {
		official = append(official, r.ID[strings.LastIndex(r.ID, "businessrule.")+len("businessrule."):])
	}
	for _, r := range setuRules() {
		ours = append(ours, r.id)
	}
	slices.Sort(official)
	slices.Sort(ours)
	if !slices.Equal(official, ours) {
		t.Errorf("setuRules are %q\nthe official ones %q", ours, official)
	}
	mended := strings.NewReplacer("AddtionalData", "AdditionalData", "setu:Timecard/", "setu:TimeCard/", `"//Allowance"`, `"//setu:Allowance"`).Replace(string(text))
	for what, rules := range map[string]officialRules{"published": parseRules(t, string(text)), "mended": parseRules(t, mended)} {
		for _, card := range cards {
			if broken := rules.broken(t, card); broken != nil {
				t.Errorf("%s breaks rules as %s: %v", card, what, broken)
			}
		}
		for old, new := range map[string]string{`multiplier="1`: `multiplier="0.1`, `type="hourly`: `type="daily`, "<Duration>": "<Duration>-"} {
			if rules.broken(t, maimed(t, cards, old, new)) == nil {
				t.Errorf("rules as %s take %s", what, new)
			}
		}
		nobodys := maimed(t, cards, `<StaffingCustomerId idOwner="StaffingCompany">`, "<StaffingCustomerId>")
		if found := rules.broken(t, nobodys) != nil; found != (what == "mended") {
			t.Errorf("rules as %s find an id of nobody: %v", what, found)
		}
	}
}

// officialRules is what the rule file (Schematron) says: values by name, and
// tests that hold for each node of their contexts.
type officialRules struct {
	Values []struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	} `xml:"let"`
	Rules []struct {
		ID      string `xml:"id,attr"`
		Context string `xml:"context,attr"`
		Assert  struct {
			Test string `xml:"test,attr"`
		} `xml:"assert"`
	} `xml:"pattern>rule"`
}

func parseRules(t *testing.T, text string) (rules officialRules) {
	t.Helper()
	if err := xml.Unmarshal([]byte(text), &rules); err != nil || len(rules.Rules) == 0 {
		t.Fatalf("%d rules, %v", len(rules.Rules), err)
	}
	for i := range rules.Rules {
		for _, v := range rules.Values {
			rules.Rules[i].Assert.Test = strings.ReplaceAll(rules.Rules[i].Assert.Test, "$"+v.Name, v.Value)
		}
	}
	return rules
}

// broken gives the ids of the rules that a card breaks. It asks xmllint how
// many nodes of each context fail each part of the test, as its own Schematron
// knows no variables.
func (r officialRules) broken(t *testing.T, card string) (ids []string) {
	t.Helper()
	program, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not here (Debian: libxml2-utils)")
	}
	ask, asked := "setns setu=http://ns.hr-xml.org/2007-04-15\n", []string{}
	for _, rule := range r.Rules {
		for _, part := range conjuncts(strings.Join(strings.Fields(rule.Assert.Test), " ")) {
			ask += "xpath count(" + rule.Context + "[not(" + part + ")])\n"
			asked = append(asked, rule.ID)
		}
	}
	shell := exec.Command(program, "--nonet", "--shell", card)
	shell.Stdin = strings.NewReader(ask)
	out, err := shell.CombinedOutput()
	answers := regexp.MustCompile(`Object is a number : (\S+)`).FindAllStringSubmatch(string(out), -1)
	if err != nil || len(answers) != len(asked) {
		t.Fatalf("%d answers to %d questions, %v:\n%s", len(answers), len(asked), err, out)
	}
	for i, a := range answers {
		if a[1] != "0" {
			ids = append(ids, asked[i])
		}
	}
	return ids
}

// conjuncts gives the parts of a test that must all hold: xmllint's shell reads
// no more than 400 bytes of one.
func conjuncts(test string) []string {
	var parts []string
	depth, from := 0, 0
	for i, c := range test {
		switch {
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0 && strings.HasPrefix(test[i:], " or "):
			return []string{test} // it binds less than "and"
		case depth == 0 && strings.HasPrefix(test[i:], " and "):
			parts, from = append(parts, test[from:i]), i+len(" and ")
		}
	}
	return append(parts, test[from:])
}

func TestARuleIsAskedInParts(t *testing.T) {
	for test, want := range map[string][]string{
		"a = 1": {"a = 1"},
		"(a = 1 and b) and c[d and e] and not(f)": {"(a = 1 and b)", "c[d and e]", "not(f)"},
		"a and b or c": {"a and b or c"},
		"(count(@x)=1) and ((a = 'p') or (a = 'q'))": {"(count(@x)=1)", "((a = 'p') or (a = 'q'))"},
	} {
		if got := conjuncts(test); !slices.Equal(got, want) {
			t.Errorf("%s: %q", test, got)
		}
	}
}

func TestSETU20TimecardsPassTheOfficialSchema(t *testing.T) {
	text, err := os.ReadFile(specification(t, "setu/schemas/purchase-to-pay-v2/Timecard.yml"))
	if err != nil {
		t.Fatal(err)
	}
	// kin-openapi has all that this schema uses of JSON Schema, and reads YAML
	// where it is part of a description of an API.
	doc, err := openapi3.NewLoader().LoadFromData([]byte("openapi: 3.0.0\ncomponents:\n  schemas:\n    Timecard:\n      " +
		strings.ReplaceAll(string(text), "\n", "\n      ")))
	if err != nil {
		t.Fatal(err)
	}
	schema := doc.Components.Schemas["Timecard"].Value
	if !slices.Contains(schema.Required, "documentId") {
		t.Fatal("the schema asks for no document id: is it the one of timecards?")
	}
	for _, path := range officialCards(t, "setu-2.0/*/*/*.json", setu20Suite(), Settings{"id_owner": "Supplier"}) {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var card map[string]any
		if err := json.Unmarshal(body, &card); err != nil {
			t.Fatal(err)
		}
		if err := schema.VisitJSON(card); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		card["approval"] = true
		if schema.VisitJSON(card) == nil {
			t.Error("the schema takes anything")
		}
	}
}
