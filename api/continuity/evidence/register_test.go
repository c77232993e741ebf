package evidence

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tikklok/ingest/press"
)

func loaded(t *testing.T) Register {
	t.Helper()
	r, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheRegisterHoldsSixtyObligationsWithAllThatAReaderNeeds(t *testing.T) {
	r, seen := loaded(t), map[string]bool{}
	if len(r.Obligations) != 60 {
		t.Errorf("%d obligations", len(r.Obligations))
	}
	for _, o := range r.Obligations {
		if seen[o.ID] {
			t.Errorf("%s stands twice", o.ID)
		}
		seen[o.ID] = true
		if o.Source == "" || o.Promise.NL == "" || o.Promise.EN == "" || (o.Gap.NL == "") != (o.Gap.EN == "") {
			t.Errorf("%s lacks its source or words", o.ID)
		}
		if len(o.Controls) == 0 && o.Gap.NL == "" {
			t.Errorf("%s has no control, and says no gap", o.ID)
		}
		people := 0
		for _, c := range o.Controls {
			if c.Text.NL == "" || c.Text.EN == "" || c.Days < 1 || c.Kind != Automatic && c.Kind != Configured && c.Kind != Organisational {
				t.Errorf("%s: %+v", o.ID, c)
			}
			if slices.Contains(c.Proofs, recordProof) != (c.Kind == Organisational) {
				t.Errorf("%s: what people do is proved by what people write down, and nothing else is: %+v", o.ID, c)
			}
			if c.Kind == Organisational {
				people++
			}
		}
		if people > 1 {
			t.Errorf("%s: one record can't prove %d controls", o.ID, people)
		}
	}
}

func TestEveryProofOfTheRegisterCanBeLookedFor(t *testing.T) {
	r := loaded(t)
	asked := map[string]bool{}
	for _, name := range []string{"fields", "forbidden", "contract", "contact", "end-terms", "places", "release-notes", "service-minutes", "availability", "office-minutes", "office-availability", "incidents", "backup"} {
		asked[name] = true
	}
	for _, q := range slices.Concat(looks(), events()) {
		asked[q.proof] = true
	}
	for _, q := range repeatedly() {
		asked[q.proof] = true
	}
	for _, name := range []string{"tenancy", "role", "append", "tokens", "sealed", "passwords", "certificates", "database", "durable"} { // statement.Look
		asked[name] = true
	}
	used := map[string]bool{}
	for _, o := range r.Obligations {
		for _, c := range o.Controls {
			for _, proof := range c.Proofs {
				used[proof] = true
				if proof == recordProof || strings.HasPrefix(proof, testPrefix) {
					continue
				}
				if p := r.Proofs[proof]; !asked[proof] || p.NL == "" || p.EN == "" || p.Link == "" || p.Kind == "" {
					t.Errorf("%s: nobody looks for the proof %q, or nothing tells of it", o.ID, proof)
				}
			}
		}
	}
	for name := range r.Proofs {
		if !used[name] {
			t.Errorf("no obligation is proved by %q", name)
		}
	}
}

func TestTestsThatProveExist(t *testing.T) {
	for _, name := range loaded(t).Tests() {
		at := strings.LastIndex(name, ".")
		dir, test := name[:at], name[at+1:]
		files, err := filepath.Glob(filepath.Join("..", "..", "..", filepath.FromSlash(dir), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !declares(t, files, test) {
			t.Errorf("there is no test %s", name)
		}
	}
}

func declares(t *testing.T, files []string, test string) bool {
	t.Helper()
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "func "+test+"(") {
			return true
		}
	}
	return false
}

func TestThePromisesAreThoseOfTheRegister(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "promises.md"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, m := range regexp.MustCompile(`(?m)^\| (OB-\S+) \| (.*?) \|$`).FindAllStringSubmatch(string(text), -1) {
		listed = append(listed, m[1]+" "+m[2])
	}
	var registered []string
	for _, o := range loaded(t).Obligations {
		registered = append(registered, o.ID+" "+o.Promise.EN)
	}
	if got, want := strings.Join(listed, "\n"), strings.Join(registered, "\n"); got != want {
		t.Errorf("docs/promises.md says\n%s\nand the register\n%s", got, want)
	}
}

func TestPacksHaveAllTheirWords(t *testing.T) {
	nl, err := wordsOf("nl")
	if err != nil {
		t.Fatal(err)
	}
	en, err := wordsOf("en")
	if err != nil {
		t.Fatal(err)
	}
	if differ := press.Differences(nl.Words, en.Words); len(differ) > 0 {
		t.Errorf("nl and en differ in %v", differ)
	}
	for _, s := range []string{string(Met), string(Partly), string(Missing), string(Unproved), string(NoProof), string(Stale), string(Fails), string(Other), "contract.nedap", "contract.winbase", "contract.direct", "contract.planning", "contract.strict", string(Automatic), string(Configured), string(Organisational), string(Measurement), string(Record), string(Setting), string(Test)} {
		if !nl.Knows(s) {
			t.Errorf("no word for %q", s)
		}
	}
	for _, why := range []Why{Unproved, NoProof, Stale, Fails, Other} {
		if !nl.Knows("short." + string(why)) {
			t.Errorf("no short word for %q", why)
		}
	}
	if _, err := wordsOf("fr"); err == nil {
		t.Error("a pack in French was not refused")
	}
}
