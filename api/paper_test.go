package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tikklok/api/openapi"
	"tikklok/api/page"
	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// printedText reads a PDF that was answered as another program does.
func printedText(t *testing.T, a answer) string {
	t.Helper()
	if !bytes.HasPrefix(a.body, []byte("%PDF-")) || a.header.Get("Content-Type") != "application/pdf" || !strings.HasSuffix(a.header.Get("Content-Disposition"), `.pdf"`) {
		t.Fatalf("no PDF: %v %.60q", a.header, a.body)
	}
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext (poppler-utils) is not installed")
	}
	file := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(file, a.body, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", file, "-").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

const march = "from=2026-03-01&to=2026-03-31"

func TestAMonthIsPrintedAndWhatWasPrintedIsWrittenDown(t *testing.T) {
	o := newOwn(t)
	text := printedText(t, o.boss.want(http.StatusOK, o.boss.do("GET", "/api/v1/papers/timesheets?"+march+"&language=en", nil)))
	for _, want := range []string{"Nowak", othersName, "08:00", "16:02", "7:32", "Not approved yet", "Page 1 of 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on %s", want, text)
		}
	}
	c := o.visit("acme@example.org")
	c.see(page.PathTimesheets+"?week=2026-W11", `href="/timesheets/paper"`)
	c.see(page.PathPaper, "Timesheets to sign", "Check a print")
	if text := printedText(t, c.want(http.StatusOK, c.do("GET", page.PathPaper+page.PaperFile+"?kind=timesheets&number=2038&"+march, nil))); strings.Contains(text, "Nowak") || !strings.Contains(text, othersName) {
		t.Error(text)
	}
	if _, err := audit.Link(t.Context(), o.db, o.tenant); err != nil {
		t.Fatal(err)
	}
	o.in(o.tenant, func(ctx context.Context, tx pg.Tx) error {
		entries, err := audit.About(ctx, tx, "paper.print", []int64{o.other})
		if len(entries) != 1 || !strings.Contains(string(entries[0].Payload), `"kind":"timesheets"`) {
			t.Errorf("written down: %+v", entries)
		}
		return err
	})
}

func TestWhatCantBePrintedIsToldOnTheForm(t *testing.T) {
	o := newOwn(t)
	c := o.visit("acme@example.org")
	file := page.PathPaper + page.PaperFile
	for path, text := range map[string]string{
		file + "?kind=timesheets&from=2020-01-01&to=2020-01-31": "nothing to print",
		file + "?kind=evidence&" + march:                        "nothing to print", // not approved
		file + "?kind=timesheets&number=9&" + march:             "no such personnel number",
		file + "?kind=timesheets&from=2026-03-31&to=2026-03-01": "at most 366 days",
		file + "?kind=timesheets&from=x":                        "at most 366 days",
		page.PathPaper + "?hash=12":                             "16 to 64 characters",
		page.PathPaper + "?hash=" + strings.Repeat("ab", 32):    "No approval here",
	} {
		if a := c.want(http.StatusUnprocessableEntity, c.do("GET", path, nil)); !strings.Contains(string(a.body), text) {
			t.Errorf("%s does not say %q", path, text)
		}
	}
	c.want(http.StatusUnprocessableEntity, c.do("GET", file+"?kind=banknotes&"+march, nil))
	o.boss.want(http.StatusNotFound, o.boss.do("GET", "/api/v1/papers/evidence?"+march, nil))
	o.boss.want(http.StatusUnprocessableEntity, o.boss.do("GET", "/api/v1/papers/evidence?from=2026-03-31&to=2026-03-01", nil))
	o.boss.want(http.StatusBadRequest, o.boss.do("GET", "/api/v1/papers/timesheets?"+march+"&language=pl", nil))
}

func TestApprovedHoursAreEvidencedAndTheHashOnPaperIsFound(t *testing.T) {
	o := newOwn(t)
	ask := object{"week": "2026-W11", "employee_ids": []int64{o.mine}, "reason": "seen", "seen": object{itoa(o.mine): "any"}}
	o.boss.want(http.StatusOK, o.boss.do("POST", "/api/v1/timesheets/approve", ask))
	table := string(o.boss.want(http.StatusOK, o.boss.do("GET", "/api/v1/papers/evidence?format=csv&"+march, nil)).body)
	rows := strings.Split(strings.TrimSpace(table), "\r\n")
	if len(rows) < 2 || strings.Contains(table, othersName) {
		t.Fatalf("table %q", table)
	}
	fields := strings.Split(rows[1], ";")
	hash, chain := fields[17], fields[19]
	text := printedText(t, o.boss.want(http.StatusOK, o.boss.do("GET", "/api/v1/papers/evidence?language=en&"+march, nil)))
	if !strings.Contains(strings.ReplaceAll(text, " ", ""), hash) || !strings.Contains(strings.ReplaceAll(text, " ", ""), chain) {
		t.Errorf("the hashes of the table are not on paper: %s", text)
	}
	var checked openapi.CheckedPaper
	o.boss.want(http.StatusOK, o.boss.do("GET", "/api/v1/papers/check?hash="+hash[:20]+"&chain="+chain, nil)).into(t, &checked)
	if !checked.Unaltered || checked.EmployeeId != o.mine || checked.Minutes != 452 || checked.Sha256 != hash || len(checked.Days) != 1 {
		t.Errorf("%+v", checked)
	}
	o.visit("acme@example.org").see(page.PathPaper+"?hash="+hash, "Unaltered since it was approved", "Nowak", "7:32", hash)
	raw, err := json.Marshal(checked.Findings)
	if err != nil || string(raw) != "[]" {
		t.Errorf("%s %v", raw, err)
	}
}

func TestEmployeesGetTheirOwnPaperOnly(t *testing.T) {
	o := newOwn(t)
	if text := printedText(t, o.me.want(http.StatusOK, o.me.do("GET", page.PathMePaper+"2026-03-20", nil))); !strings.Contains(text, "Nowak") || !strings.Contains(text, "7:32") || strings.Contains(text, othersName) {
		t.Error(text)
	}
	o.me.see(page.PathMeWeek+"2026-W11", page.PathMePaper+"2026-03-15")
	o.me.want(http.StatusNotFound, o.me.do("GET", page.PathMePaper+"2020-03-20", nil))
	o.me.want(http.StatusNotFound, o.me.do("GET", page.PathMePaper+"today", nil))
}

func TestAnApproverOfSomeHirersPrintsEvidenceOfTheirPeopleOnly(t *testing.T) {
	o := newOfHirer(t)
	for _, employee := range []int64{o.mine, o.other} {
		ask := object{"week": "2026-W11", "employee_ids": []int64{employee}, "reason": "seen", "seen": object{itoa(employee): "any"}}
		o.boss.want(http.StatusOK, o.boss.do("POST", "/api/v1/timesheets/approve", ask))
	}
	hashes := map[bool]string{} // of theirs
	for _, row := range strings.Split(string(o.boss.want(http.StatusOK, o.boss.do("GET", "/api/v1/papers/evidence?format=csv&"+march, nil)).body), "\r\n")[1:] {
		if f := strings.Split(row, ";"); len(f) > 17 {
			hashes[f[1] != othersName] = f[17]
		}
	}
	if len(hashes) != 2 {
		t.Fatalf("approvals %v", hashes)
	}
	table := string(o.bram.want(http.StatusOK, o.bram.do("GET", "/api/v1/papers/evidence?format=csv&"+march, nil)).body)
	if !strings.Contains(table, "Nowak") || strings.Contains(table, othersName) {
		t.Errorf("evidence %q", table)
	}
	o.bram.want(http.StatusNotFound, o.bram.do("GET", "/api/v1/papers/evidence?employee="+itoa(o.other)+"&"+march, nil))
	o.bram.want(http.StatusOK, o.bram.do("GET", "/api/v1/papers/check?hash="+hashes[true], nil))
	o.bram.want(http.StatusNotFound, o.bram.do("GET", "/api/v1/papers/check?hash="+hashes[false], nil))
	o.bram.want(http.StatusForbidden, o.bram.do("GET", "/api/v1/papers/timesheets?"+march, nil))
	o.page.want(http.StatusForbidden, o.page.do("GET", page.PathPaper+page.PaperFile+"?kind=timesheets&"+march, nil))
	for _, number := range []string{"2038", "9"} { // somebody else's, nobody's: the same answer
		if a := o.page.want(http.StatusUnprocessableEntity, o.page.do("GET", page.PathPaper+page.PaperFile+"?kind=evidence&number="+number+"&"+march, nil)); !strings.Contains(string(a.body), "nothing to print") {
			t.Errorf("number %s is told apart", number)
		}
	}
	if strings.Contains(o.page.see(page.PathPaper, "Evidence (PDF)"), "Timesheets (PDF)") {
		t.Error("the page offers timesheets")
	}
}
