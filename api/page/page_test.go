package page

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func renderer(t *testing.T) *Renderer {
	t.Helper()
	r, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func rendered(t *testing.T, r *Renderer, v View) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Render(&b, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEveryPageRendersInEveryLanguage(t *testing.T) {
	r := renderer(t)
	for _, lang := range Languages() {
		for name, view := range sampleViews(lang) {
			t.Run(lang+"/"+name, func(t *testing.T) { rendered(t, r, view) })
		}
	}
}

// TestPreview writes all pages and assets to a folder that any static file
// server can serve: the one in PAGE_PREVIEW, to be looked at.
func TestPreview(t *testing.T) {
	folder := os.Getenv("PAGE_PREVIEW")
	if folder == "" {
		folder = t.TempDir()
	}
	r := renderer(t)
	for _, lang := range Languages() {
		for name, view := range sampleViews(lang) {
			write(t, filepath.Join(folder, lang, name+".html"), []byte(rendered(t, r, view)))
		}
	}
	for _, lang := range OwnLanguages()[len(Languages()):] {
		for name, view := range sampleOwnViews(lang) {
			write(t, filepath.Join(folder, lang, name+".html"), []byte(rendered(t, r, view)))
		}
	}
	for name, file := range r.Assets().files {
		write(t, filepath.Join(folder, "assets", name), file.content)
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestAFragmentIsOnlyThatPart(t *testing.T) {
	r := renderer(t)
	for fragment, part := range map[string]string{"list": `<div id="list"`, "panel": `<section id="panel"`} {
		view := samplePanel("nl")
		view.Fragment = fragment
		if got := strings.TrimSpace(rendered(t, r, view)); !strings.HasPrefix(got, part) || strings.Contains(got, "<main") {
			t.Errorf("fragment %s begins with %.80q", fragment, got)
		}
	}
}

func TestAnUnknownFragmentIsTheWholePage(t *testing.T) {
	view := sampleToday("nl")
	view.Fragment = "nothing"
	if got := rendered(t, renderer(t), view); !strings.HasPrefix(got, "<!doctype html>") {
		t.Errorf("begins with %.80q", got)
	}
}

func TestWhatPeopleTypedIsEscaped(t *testing.T) {
	const typed = `"><script>alert(1)</script>`
	sheets := samplePanel("nl")
	sheets.Rows[0].Name, sheets.Panel.Name, sheets.Search, sheets.Panel.Decisions[0].Reason = typed, typed, typed, typed
	sheets.Holes[0].Device, sheets.Panel.Taps[0].Where = typed, typed
	employee := sampleEmployee("en")
	employee.Title, employee.Form.Values["surname"] = typed, typed
	for _, view := range []View{sheets, employee} {
		if got := rendered(t, renderer(t), view); strings.Contains(got, "<script>alert") {
			t.Errorf("page %s holds a script that somebody typed", view.name())
		}
	}
}

func TestAnUnknownLanguageIsShownInDutch(t *testing.T) {
	if got := rendered(t, renderer(t), sampleToday("fr")); !strings.Contains(got, `<html lang="nl">`) {
		t.Errorf("begins with %.80q", got)
	}
}

func TestThePageOfSomeoneWhoMayOnlyLookOffersNoAction(t *testing.T) {
	view := samplePanel("nl")
	view.MayApprove, view.Panel.MayDecide = false, false
	view.Account = &Signed{Name: "Controleur", Audit: true}
	got := rendered(t, renderer(t), view)
	for _, action := range []string{PathApprove, PathReject, PathReopen, PathDecide, PathUndo, `href="` + PathPeople, PathExports} {
		if strings.Contains(got, `"`+action+`"`) {
			t.Errorf("the page offers %s", action)
		}
	}
}

func TestAPageWithNothingOnItStillRenders(t *testing.T) {
	for _, view := range []View{&Timesheets{Frame: sampleFrame("nl", "/timesheets")}, &People{Frame: sampleFrame("nl", "/people")}, &Fobs{Frame: sampleFrame("nl", "/people/fobs")},
		&Devices{Frame: sampleFrame("nl", "/devices")}, &Exports{Frame: sampleFrame("nl", "/exports")}, &Keys{Frame: sampleFrame("nl", "/exports/keys")},
		&Accounts{Frame: sampleFrame("nl", "/people/accounts")}, &Rules{Frame: sampleFrame("nl", "/rules")}, &RuleEditor{Frame: sampleFrame("nl", "/rules/edit")}, &RulePreview{Frame: sampleFrame("nl", "/rules/edit")},
		&RuleHistory{Frame: sampleFrame("nl", "/rules/history")}, &HolidayTable{Frame: sampleFrame("nl", "/rules/holidays")}, &Log{Frame: sampleFrame("nl", "/log")},
		&Registration{Frame: sampleFrame("nl", "/people/registration")}, &Failure{Frame: Frame{}, Status: 500}, &Destination{Frame: sampleFrame("nl", "/exports/destinations/1")}} {
		rendered(t, renderer(t), view)
	}
}
