package format

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// The files of the standard itself aren't part of this repository, and weren't
// at hand when these tests were written: they have not been run against them
// yet. Where SETU_SPECIFICATIONS names a checkout of
// github.com/setu-standards/xml-specifications they hold every golden card to
// its schemas and rules. setu14_rules_test.go and setu20_test.go hold cards to
// the same as we read it, which is no proof that the official files take them.

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

// goldenCards gives the golden files of a version, at least as many as the
// suite has cases.
func goldenCards(t *testing.T, pattern string) []string {
	t.Helper()
	cards, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(cards) < 10 {
		t.Fatalf("%d cards, %v", len(cards), err)
	}
	return cards
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
	cards := goldenCards(t, "setu-1.4/*/*.xml")
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
	cards := goldenCards(t, "setu-1.4/*/*.xml")
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
// many nodes of each context fail the test, as its own Schematron knows no
// variables.
func (r officialRules) broken(t *testing.T, card string) (ids []string) {
	t.Helper()
	program, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not here (Debian: libxml2-utils)")
	}
	ask := "setns setu=http://ns.hr-xml.org/2007-04-15\n"
	for _, rule := range r.Rules {
		ask += "xpath count(" + rule.Context + "[not(" + strings.Join(strings.Fields(rule.Assert.Test), " ") + ")])\n"
	}
	shell := exec.Command(program, "--nonet", "--shell", card)
	shell.Stdin = strings.NewReader(ask)
	out, err := shell.CombinedOutput()
	answers := regexp.MustCompile(`Object is a number : (\S+)`).FindAllStringSubmatch(string(out), -1)
	if err != nil || len(answers) != len(r.Rules) {
		t.Fatalf("%d answers to %d rules, %v:\n%s", len(answers), len(r.Rules), err, out)
	}
	for i, a := range answers {
		if a[1] != "0" {
			ids = append(ids, r.Rules[i].ID)
		}
	}
	return ids
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
	for _, path := range goldenCards(t, "setu-2.0/*/*/*.json") {
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
