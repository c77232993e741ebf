package page

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template/parse"
	"time"

	"tikklok/ingest/fleet"
)

func catalogues(t *testing.T) map[string]*words {
	t.Helper()
	all := map[string]*words{}
	for _, lang := range Languages() {
		w, err := loadWords(lang)
		if err != nil {
			t.Fatal(err)
		}
		all[lang] = w
	}
	return all
}

func TestEveryTextIsInEveryLanguage(t *testing.T) {
	all := catalogues(t)
	for lang, w := range all {
		for key, text := range all[fallbackLanguage].text {
			other, ok := w.text[key]
			if !ok || other == "" {
				t.Errorf("%s has no %q", lang, key)
			}
			if got, want := places(other), places(text); !slices.Equal(got, want) {
				t.Errorf("%s %q has places %v, want %v", lang, key, got, want)
			}
		}
		if len(w.text) != len(all[fallbackLanguage].text) {
			t.Errorf("%s has %d texts, %s %d", lang, len(w.text), fallbackLanguage, len(all[fallbackLanguage].text))
		}
	}
}

var place = regexp.MustCompile(`\{\d\}`)

func places(text string) []string { return slices.Sorted(slices.Values(place.FindAllString(text, -1))) }

func TestTemplatesAskOnlyForTextsThatExist(t *testing.T) {
	w := catalogues(t)[fallbackLanguage]
	for key := range askedTexts(t) {
		if _, ok := w.text[key]; !ok {
			t.Errorf("templates ask for %q, which is not in the catalogue", key)
		}
	}
}

// askedTexts are the keys that templates name: the first argument of t, the
// third of input and its hint, and PREFIX.other of kind.
func askedTexts(t *testing.T) map[string]bool {
	asked := map[string]bool{}
	call := func(args []parse.Node) {
		name, ok := args[0].(*parse.IdentifierNode)
		if !ok {
			return
		}
		for i, arg := range args {
			text, ok := arg.(*parse.StringNode)
			if !ok {
				continue
			}
			hint, isHint := strings.CutPrefix(text.Text, "hint=")
			switch {
			case name.Ident == "t" && i == 1, name.Ident == "input" && i == 3:
				asked[text.Text] = true
			case name.Ident == "kind" && i == 1:
				asked[text.Text+".other"] = true
			case name.Ident == "input" && isHint:
				asked[hint] = true
			}
		}
	}
	walkTemplates(t, func(node parse.Node) {
		if c, ok := node.(*parse.CommandNode); ok {
			call(c.Args)
		}
	})
	return asked
}

// Names that are the same in every language may stand in a template.
var untranslated = regexp.MustCompile(`Tikklok|Nederlands|English|SHA-256|tikklok-gateway enroll --server|tikklok payroll check|Enter|Esc|10458;Bakker;Joris;joris\.bakker@example\.nl;40;2026-01-05|&[a-z]+;`)

func TestNoWordIsWrittenInATemplate(t *testing.T) {
	tags := regexp.MustCompile(`(?s)<[^>]*>`)
	word := regexp.MustCompile(`\pL{2,}`)
	for name, source := range templateSources(t) {
		text := regexp.MustCompile(`(?s)\{\{.*?\}\}`).ReplaceAllString(source, "")
		text = untranslated.ReplaceAllString(tags.ReplaceAllString(text, " "), " ")
		if found := word.FindString(text); found != "" {
			t.Errorf("%s holds the word %q outside the catalogue", name, found)
		}
	}
}

func TestNoTemplateHoldsAStyleOrAScript(t *testing.T) {
	inline := regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=|<style|<script>|javascript:`)
	for name, source := range templateSources(t) {
		if found := inline.FindString(source); found != "" {
			t.Errorf("%s holds %q, which the content policy forbids", name, found)
		}
	}
}

func templateSources(t *testing.T) map[string]string {
	t.Helper()
	files, err := templateFiles.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]string{}
	for _, file := range files {
		raw, err := templateFiles.ReadFile("templates/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		sources[file.Name()] = string(raw)
	}
	return sources
}

func walkTemplates(t *testing.T, visit func(parse.Node)) {
	t.Helper()
	for _, each := range renderer(t).byLang[fallbackLanguage].Templates() {
		if each.Tree != nil {
			walk(each.Tree.Root, visit)
		}
	}
}

func walk(node parse.Node, visit func(parse.Node)) {
	visit(node)
	branch := func(b parse.BranchNode) {
		walk(b.Pipe, visit)
		walk(b.List, visit)
		if b.ElseList != nil {
			walk(b.ElseList, visit)
		}
	}
	switch n := node.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			walk(child, visit)
		}
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			walk(c, visit)
		}
	case *parse.CommandNode:
		for _, arg := range n.Args {
			if _, ok := arg.(*parse.PipeNode); ok {
				walk(arg, visit)
			}
		}
	case *parse.TemplateNode:
		if n.Pipe != nil {
			walk(n.Pipe, visit)
		}
	case *parse.IfNode:
		branch(n.BranchNode)
	case *parse.RangeNode:
		branch(n.BranchNode)
	case *parse.WithNode:
		branch(n.BranchNode)
	}
}

func TestTimesAreSaidAsAPersonWould(t *testing.T) {
	nl, en := catalogues(t)["nl"], catalogues(t)["en"]
	now, back := on(13, 14, 12), time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC).In(amsterdam())
	for _, c := range []struct{ got, want string }{
		{hours(453), "7:33"},
		{hours(-30), "−0:30"},
		{hours(6000), "100:00"},
		{nl.days(on(9, 0, 0), on(15, 0, 0)), "9–15 nov 2026"},
		{en.days(on(30, 0, 0), on(36, 0, 0)), "30 Nov – 6 Dec 2026"},
		{en.days(time.Date(2026, 12, 28, 0, 0, 0, 0, amsterdam()), time.Date(2027, 1, 3, 0, 0, 0, 0, amsterdam())), "28 Dec 2026 – 3 Jan 2027"},
		{nl.when(now, on(13, 7, 58)), "07:58"},
		{nl.when(now, on(12, 22, 14)), "gisteren 22:14"},
		{nl.dated(now, on(13, 7, 58)), "vandaag 07:58"},
		{nl.dated(now, on(14, 8, 30)), "morgen 08:30"},
		{nl.dated(now, on(15, 8, 30)), "15 nov, 08:30"},
		{en.dated(now, on(12, 22, 14)), "yesterday 22:14"},
		{en.dated(now, time.Time{}), "never"},
		{nl.span(now, back, back.Add(time.Hour)), "25 okt, 02:30 (+02:00)–02:30 (+01:00)"}, // the clock is set back between
		{nl.span(now, back.Add(-time.Hour), back.Add(5*time.Hour)), "25 okt, 01:30–06:30"},
		{nl.when(now, on(10, 9, 2)), "di 09:02"},
		{nl.when(now, on(3, 9, 2)), "3 nov, 09:02"},
		{nl.when(now, now.AddDate(-1, 0, 0)), "13 nov 2025, 14:12"},
		{en.when(now, time.Time{}), "never"},
		{nl.span(now, on(12, 22, 14), on(12, 23, 0)), "gisteren 22:14–23:00"},
		{nl.span(now, on(12, 22, 14), on(13, 0, 30)), "gisteren 22:14 – vandaag 00:30"},
		{nl.size(873_000), "873 kB"},
		{nl.size(4_972_001), "5,0 MB"},
		{en.size(12_300_000_000), "12.3 GB"},
		{nl.uncertainty(96), "± 0,1 s"},
		{en.uncertainty(101), "± 0.2 s"},
		{nl.uncertainty(0), "± 0,0 s"},
		{nl.uncertainty(14_001), "± 15 s"},
		{nl.uncertainty(60_001), "± 2 min"},
		{nl.number(0), "0"},
		{nl.number(1204), "1.204"},
		{en.number(1234567), "1,234,567"},
		{en.decimal(123405), "1,234.05"},
		{nl.decimal(-50), "−0,50"},
		{Week{on(9, 0, 0)}.String(), "2026-W46"},
		{Week{time.Date(2026, 12, 28, 0, 0, 0, 0, amsterdam())}.String(), "2026-W53"},
		{Week{time.Date(2027, 1, 4, 0, 0, 0, 0, amsterdam())}.String(), "2027-W01"},
	} {
		if c.got != c.want {
			t.Errorf("said %q, want %q", c.got, c.want)
		}
	}
}

func TestATimeAheadIsSaidInDaysFromThreeOn(t *testing.T) { // OB-S3: 48 hours are told to the minute
	w := catalogues(t)["nl"]
	for minutes, want := range map[int]string{48*60 - 1: "47:59 uur", 48 * 60: "48:00 uur", 72*60 - 1: "71:59 uur", 72 * 60: "3 dagen", 327*60 + 54: "13 dagen en 15 uur"} {
		if got, err := w.ahead(minutes); err != nil || got != want {
			t.Errorf("%d minutes are said as %q (%v), want %q", minutes, got, err, want)
		}
	}
}

func TestAMessageFillsItsPlacesOnce(t *testing.T) {
	w := catalogues(t)["nl"]
	for want, m := range map[string]Message{
		"1 urenstaat goedgekeurd":                              Say("notice.approved", 1),
		"3 urenstaten goedgekeurd":                             Say("notice.approved", 3),
		"Code {1} heeft geen code van het pakket (38:00 uur).": Say("problem.unmapped", "{1}", Minutes(2280)),
		"in toegevoegd: 13:02":                                 Say("decided.add", Say("mode.in"), Clock(on(9, 13, 2))),
		"sinds 9 november":                                     Say("people.since", Date(on(9, 0, 0))),
		"":                                                     {},
	} {
		if got, err := w.message(m); err != nil || got != want {
			t.Errorf("said %q (%v), want %q", got, err, want)
		}
	}
	if _, err := w.message(Say("no such key")); err == nil {
		t.Error("a text that doesn't exist was said")
	}
}

func TestEveryKindOfOtherRoomsHasWords(t *testing.T) {
	w := catalogues(t)[fallbackLanguage]
	for prefix, names := range map[string][]string{
		"exception":       exceptionKinds(),
		"exception.title": exceptionKinds(),
		"exception.text":  exceptionKinds(),
		"figure":          unknownKinds(),
		"state":           {StateOpen, StateException, StateComplete, StateApproved, StateRejected, StateSent},
		"band":            {string(Normal), string(Evening), string(Night), string(Sunday), string(Holiday), string(Break)},
		"mode":            {"toggle", "in", "out", "break"},
		"fob":             {"in_stock", "issued", "lost", "blocked", "returned"},
		"role-of":         {"administrator", "approver", "payroll", "auditor", "supplier"},
		"scope":           {"payroll", "manage", "read"},
		"actor":           {"account", "api_key", "gateway", "system", "operator"},
	} {
		for _, name := range names {
			if _, ok := w.text[prefix+"."+name]; !ok {
				t.Errorf("%s.%s has no words", prefix, name)
			}
		}
	}
}

// exceptionKinds are those of days; those of taps that are nobody's have no figure.
func exceptionKinds() []string {
	return []string{MissingIn, MissingOut, MissingTap, MissingBreak, TooLong, Uncertain, Impossible, NotEmployed, "too_short", "too_many", "no_show",
		"late_withdrawal", "double_holder", "two_sites", "overlap", "law", "sequence_hole", "correction_request", "sealed_day"}
}

// unknownKinds are those that stand in the week in place of the minutes.
func unknownKinds() []string {
	counted := []string{"law", TooLong, "too_short", "late_withdrawal", "correction_request"}
	return slices.DeleteFunc(exceptionKinds(), func(kind string) bool { return slices.Contains(counted, kind) })
}

func TestEveryDiagnosisHasWords(t *testing.T) { // OB-H11
	w := catalogues(t)[fallbackLanguage]
	for _, code := range fleet.Codes() {
		if w.text["evidence."+code] == "" {
			t.Errorf("evidence.%s has no words", code)
		}
	}
	needsNothing := []string{"database-answers", "ingest-never", "ingest-alive", "broker-unheard", "broker-answers", "others-online", "others-heard",
		"certificate-used", "certificate-good", "broker-certificate-good", "settings-untold", "settings-newest", "settings-waiting", "settings-underway",
		"never-connected", "nobody-listens", "gateway-online", "goodbye-came", "offline", "power-since", "connected", "signal", "lost-because",
		"behind-gateway", "readers-good", "no-reader"}
	for _, code := range fleet.Codes() {
		if (w.text["remedy."+code] == "") != slices.Contains(needsNothing, code) {
			t.Errorf("remedy.%s: either it needs no remedy, or it has words", code)
		}
	}
	for _, link := range fleet.Links() {
		if w.text["link."+string(link)] == "" {
			t.Errorf("link.%s has no words", link)
		}
	}
	for key := range w.text {
		family, code, _ := strings.Cut(key, ".")
		if (family == "evidence" || family == "remedy") && !slices.Contains(fleet.Codes(), code) {
			t.Errorf("no diagnosis says %q", key)
		}
	}
}

func TestLettersCallMenuAndTabAsThePagesDo(t *testing.T) {
	where, found := regexp.MustCompile(`in Tikklok (?:bij|under) ([^,.{]+), ([^,.{]+)`), 0
	for lang, w := range catalogues(t) {
		said := map[string]bool{} // "nav.service" and the like, by their words
		for key, text := range w.text {
			said[text] = said[text] || strings.HasPrefix(key, "nav.") || strings.Contains(key, ".tab.")
		}
		letters, err := filepath.Glob("../sla/*/text/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range letters {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, names := range where.FindAllStringSubmatch(string(raw), -1) {
				found++
				if !said[names[1]] || !said[names[2]] {
					t.Errorf("%s: %q is no menu with its tab", file, names[0])
				}
			}
		}
	}
	if found < 4 {
		t.Errorf("%d letters name a page", found)
	}
}

func TestEveryTextIsUsed(t *testing.T) {
	asked := askedTexts(t)
	var spoken []string // said by handlers, or by a key made of parts
	for key := range maps.Keys(catalogues(t)[fallbackLanguage].text) {
		head, _, _ := strings.Cut(key, ".")
		plain := strings.TrimSuffix(key, ".one")
		if !asked[key] && !asked[plain] && !slices.Contains(saidElsewhere, head) {
			spoken = append(spoken, key)
		}
	}
	slices.Sort(spoken)
	for _, key := range spoken {
		if !kindAsked(asked, key) {
			t.Errorf("nothing says %q", key)
		}
	}
}

// saidElsewhere are the families of messages that handlers say, or that Go
// takes by a name it makes.
var saidElsewhere = []string{"plain", "weekdays", "months", "never", "today", "tomorrow", "yesterday", "length", "decimal", "thousands", "ago", "notice", "problem", "why", "decided", "rule", "silent", "health", "refused", "invalid", "invalid-channel", "import", "band-days", "choice", "warn", "evidence", "remedy", "waits", "deadline", "level", "picture", "plan-problem", "what", "proposed", "exceptions", "law", "code-fault", "format", "format-for", "setting-hint", "finding", "logged", "supply", "invalid-supply", "register", "breach", "retention", "ending", "requests", "me-data", "access", "invalid-access", "open", "maintenance", "incident", "availability", "backups"}

func kindAsked(asked map[string]bool, key string) bool {
	for at := range len(key) {
		if key[at] == '.' && asked[key[:at]+".other"] {
			return true
		}
	}
	return false
}
