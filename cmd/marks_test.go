package cmd_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"tikklok/gateway"
	"tikklok/gateway/wire/wiretest"
)

// marks are values of people that nobody else has: wherever one of them is
// written, a person's datum went (I7, OB-P14).
var marks = map[string]string{
	"surname": "Zwaluwmerk", "first name": "Quirienkamerk", "e-mail": "q.zwaluw@merk.example", "personnel number": "MK-77310",
	"birth date": "1987-03-09", "fob's label": "Merklabel-31", "fob number": "5AC3F17E92", "assignment": "MERKOPDRACHT-5", "cost centre": "MERKPLAATS-6",
	"reason of a decision": "Merkreden omdat", "text of a request": "Merkverzoek want", "user's name": "Merkgebruiker", "user's e-mail": "gebruiker@merk.example",
	"password": "Merkwachtwoord-9731", "wrong password": "Merkvergissing-1379", "what was searched": "Merkzoekwoord", "refused column": "Merkregel",
}

// written gives the ways in which a value can stand in a file or on a wire.
func written(value string) [][]byte {
	b := []byte(value)
	wide := make([]byte, 0, 2*len(b))
	for _, u := range utf16.Encode([]rune(value)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	ways := [][]byte{b, wide, []byte(hex.EncodeToString(b)), []byte(strings.ToUpper(hex.EncodeToString(b))), []byte(url.QueryEscape(value))}
	for shift := range 3 { // base64 reads three bytes at a time, from wherever the value begins
		text := base64.StdEncoding.EncodeToString(append(make([]byte, shift), b...))
		ways = append(ways, []byte(text[(shift*8+5)/6:len(text)-4]))
	}
	if raw, err := hex.DecodeString(value); err == nil { // a number, as readers send it
		ways = append(ways, raw)
		var n uint64
		for _, c := range raw {
			n = n<<8 | uint64(c)
		}
		ways = append(ways, fmt.Append(nil, n), bytes.ToLower(b))
	}
	return ways
}

// found names the marks that stand in text.
func found(text []byte) (names []string) {
	for name, value := range marks {
		for _, way := range written(value) {
			if len(way) > 3 && bytes.Contains(text, way) {
				names = append(names, fmt.Sprintf("%s (%q)", name, way))
				break
			}
		}
	}
	return names
}

func TestMarksAreFoundHoweverTheyAreWritten(t *testing.T) {
	number, _ := hex.DecodeString(marks["fob number"])
	for name, text := range map[string][]byte{
		"plain": []byte("x Zwaluwmerk y"), "JSON": []byte(`{"surname":"Zwaluwmerk"}`), "hex": []byte(hex.EncodeToString([]byte("aZwaluwmerk"))),
		"base64":   []byte(base64.StdEncoding.EncodeToString([]byte("Zwaluwmerk en wat er op volgt"))),
		"base64+1": []byte(base64.StdEncoding.EncodeToString([]byte("aZwaluwmerk en wat er op volgt"))),
		"base64+2": []byte(base64.StdEncoding.EncodeToString([]byte("abZwaluwmerk en wat er op volgt"))),
		"wide":     []byte("Z\x00w\x00a\x00l\x00u\x00w\x00m\x00e\x00r\x00k\x00"), "query": []byte("/x?q=q.zwaluw%40merk.example"),
		"bytes of a number": append([]byte{1}, number...), "number in decimal": []byte("389834440338"),
	} {
		if len(found(text)) == 0 {
			t.Errorf("%s: not found in %q", name, text)
		}
	}
}

// household is the shipped programs with everything they write.
type household struct {
	*testing.T
	programs, state, box string
	temporary            string // what programs lay down for a moment and may leave behind
	http, mqtt           string
	log                  said // of the server
	boxLog               said // of the gateway
	wire                 *wiretap
	client               http.Client
}

func newHousehold(t *testing.T) *household {
	h := &household{T: t, programs: t.TempDir(), box: t.TempDir(), temporary: t.TempDir(), http: wiretest.Address(t), mqtt: wiretest.Address(t)}
	open, err := os.MkdirTemp("", "tikklok-marks-") // where the database's user gets too
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(open) })
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	h.state = filepath.Join(open, "var")
	if out, err := exec.Command("go", "build", "-o", h.programs, "./tikklok", "./tikklok-gateway").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	h.client.Jar, _ = cookiejar.New(nil)
	return h
}

// program starts one of the programs until the test ends; its outputs are kept.
func (h *household) program(out *said, name string, args ...string) *exec.Cmd {
	h.Helper()
	c := exec.Command(filepath.Join(h.programs, name), args...)
	c.Stdout, c.Stderr = out, out
	c.Env = append(os.Environ(), "TMPDIR="+h.temporary)
	if err := c.Start(); err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
		if h.Failed() {
			h.Logf("%s:\n%s", name, out)
		}
	})
	return c
}

// command runs one of the server's commands and gives what it prints.
func (h *household) command(args ...string) string {
	h.Helper()
	out, err := exec.Command(filepath.Join(h.programs, "tikklok"), append(args, "--state", h.state)...).CombinedOutput()
	if err != nil {
		h.Fatalf("tikklok %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// ask calls the API; an answer that isn't wanted fails the test.
func (h *household) ask(want int, method, path, body string, into any) {
	h.Helper()
	r, err := http.NewRequestWithContext(h.Context(), method, "http://"+h.http+path, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if strings.HasSuffix(path, "/import?apply=true") {
		r.Header.Set("Content-Type", "text/csv")
	}
	answer, err := h.client.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != want {
		h.Fatalf("%s %s: %s, want %d (%v)\n%s", method, path, answer.Status, want, err, text)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			h.Fatalf("%s %s: %v\n%s", method, path, err, text)
		}
	}
}

// wrongly asks for something that is refused, or not there: errors are written
// down too.
func (h *household) wrongly(method, path, body string) {
	h.Helper()
	r, err := http.NewRequestWithContext(h.Context(), method, "http://"+h.http+path, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := h.client.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode < 400 {
		h.Errorf("%s %s: %s", method, path, answer.Status)
	}
}

// id is what most answers hold.
type id struct{ ID int64 }

// Marked people live through the whole system: they are entered, imported,
// tap, are decided about, approved, paid, searched, mistyped. None of their
// values is in a log, on the wire of a gateway, in its journal, or in a file
// beside the database.
func TestNoMarkedValueIsWrittenOutsideTheDatabase(t *testing.T) { // I7, OB-P14
	t.Parallel()
	h := newHousehold(t)
	h.serve()
	employee := h.hire()
	h.tapsOf(employee)
	h.decide(employee)
	h.pay(employee)
	h.requests()
	h.mistype()
	h.command("backup", "make")
	h.search()
}

// serve starts the server with a database of its own, and signs in.
func (h *household) serve() {
	h.Helper()
	h.program(&h.log, "tikklok", "serve", "--state", h.state, "--http", h.http, "--mqtt", h.mqtt, "--clock-good-to", "50ms")
	h.log.until(h.T, "http://")
	password := regexp.MustCompile(`(?m)admin@localhost\W.*?(\S+)\s*$`).FindStringSubmatch(h.log.String())
	if password == nil {
		h.Fatalf("no password in\n%s", &h.log)
	}
	h.ask(http.StatusCreated, "POST", "/api/v1/session", fmt.Sprintf(`{"email":"admin@localhost","password":%q}`, password[1]), nil)
}

// hire enters a marked employee with a fob, an assignment and an account.
func (h *household) hire() (employee int64) {
	h.Helper()
	h.command("tenant", "field", "first_name", "--purpose", "telling people apart")
	h.command("tenant", "field", "birth_date", "--purpose", "the figures of 16 and 17")
	var e, fob id
	m := marks
	h.ask(http.StatusCreated, "POST", "/api/v1/employees", fmt.Sprintf(`{"number":%q,"surname":%q,"first_name":%q,"email":%q,"birth_date":%q,"employed_from":"2020-01-01"}`,
		m["personnel number"], m["surname"], m["first name"], m["e-mail"], m["birth date"]), &e)
	h.ask(http.StatusOK, "POST", "/api/v1/employees/import?apply=true", fmt.Sprintf("personnel number,surname,from\n%s-2,%s,2020-01-01\n", m["personnel number"], m["surname"]), nil)
	h.ask(http.StatusCreated, "POST", "/api/v1/fobs", fmt.Sprintf(`{"label":%q,"number":{"technology":"em4100","value":%q}}`, m["fob's label"], m["fob number"]), &fob)
	h.ask(http.StatusOK, "POST", fmt.Sprintf("/api/v1/fobs/%d/issue", fob.ID), fmt.Sprintf(`{"employee_id":%d,"from":"2020-01-01T00:00:00Z"}`, e.ID), nil)
	h.ask(http.StatusCreated, "POST", "/api/v1/accounts", fmt.Sprintf(`{"email":%q,"name":%q,"roles":["employee"],"employee_id":%d,"password":%q}`,
		m["user's e-mail"], m["user's name"], e.ID, m["password"]), nil)
	h.ask(http.StatusOK, "POST", fmt.Sprintf("/api/v1/employees/%d/assignments", e.ID), fmt.Sprintf(`{"number":%q,"cost_centre":%q,"from":"2020-01-01"}`, m["assignment"], m["cost centre"]), nil)
	return e.ID
}

// tapsOf holds the marked fob to a real reader's port of the shipped gateway,
// whose line to the broker is listened to.
func (h *household) tapsOf(employee int64) {
	h.Helper()
	file := filepath.Join(h.box, "enrolment.json")
	h.wire = newWiretap(h.T, h.mqtt)
	h.command("gateway", "add", "Hall", "--site", "Utrecht", "--create-site", "--out", file, "--broker", "mqtts://"+h.wire.address())
	e, err := gateway.LoadEnrolment(file)
	if err != nil {
		h.Fatal(err)
	}
	h.wire.open(filepath.Join(h.state, "authority"), e)
	front := newEM4100(h.T)
	h.program(&h.boxLog, "tikklok-gateway", "run", "--enrolment", file, "--journal", filepath.Join(h.box, "journal"), "--port", front.port+"=em4100:name=front,absent=500ms")
	h.until("three taps", func() bool { // a reader without memory: what is held to it before the gateway listens is nobody's
		front.hold(marks["fob number"])
		time.Sleep(600 * time.Millisecond) // the fob has to leave the field
		return h.tapped(employee) >= 3
	})
}

// tapped counts the employee's taps of today, which may be another day where
// the employee works.
func (h *household) tapped(employee int64) (taps int) {
	h.Helper()
	for _, back := range []int{-1, 0, 1} {
		var day json.RawMessage
		h.ask(http.StatusOK, "GET", fmt.Sprintf("/api/v1/employees/%d/days/%s", employee, time.Now().AddDate(0, 0, -back).Format(time.DateOnly)), "", &day)
		taps += bytes.Count(day, []byte(`"tap":`))
	}
	return taps
}

func (h *household) until(what string, ok func() bool) {
	h.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(100 * time.Millisecond) { // other processes: there is nothing to wait on
		if time.Now().After(end) {
			h.Fatalf("never: %s", what)
		}
	}
}

// decide adds a registration by hand, has the employee ask for a correction,
// and looks at pages and lists.
func (h *household) decide(employee int64) {
	h.Helper()
	var sites struct{ Items []id }
	h.ask(http.StatusOK, "GET", "/api/v1/sites", "", &sites)
	day := time.Now().UTC().AddDate(0, 0, -8)
	for hour, mode := range map[int]string{8: "in", 16: "out"} {
		at := time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, time.UTC).Format(time.RFC3339)
		h.ask(http.StatusCreated, "POST", "/api/v1/decisions", fmt.Sprintf(`{"kind":"add_punch","employee_id":%d,"at":%q,"mode":%q,"site_id":%d,"reason":%q}`,
			employee, at, mode, sites.Items[0].ID, marks["reason of a decision"]), nil)
	}
	consent, err := h.client.PostForm("http://"+h.http+"/privacy/registers", url.Values{"book": {"council"}, "subject": {"wall"}, "answer": {"consent"},
		"body": {"works council"}, "reference": {"minutes"}, "day": {day.Format(time.DateOnly)}})
	if err != nil {
		h.Fatal(err)
	}
	consent.Body.Close()
	for _, path := range []string{"/people", "/timesheets", "/today", "/people?q=" + marks["what was searched"], "/log", "/privacy", "/exceptions",
		fmt.Sprint("/people/", employee), "/api/v1/today", "/api/v1/audit", "/api/v1/timesheets?week=2026-W01"} {
		h.ask(http.StatusOK, "GET", path, "", nil)
	}
}

// mistype does everything wrong that people do.
func (h *household) mistype() {
	h.Helper()
	m := marks
	h.wrongly("POST", "/api/v1/session", fmt.Sprintf(`{"email":%q,"password":%q}`, m["user's e-mail"], m["wrong password"]))
	h.wrongly("POST", "/api/v1/session", fmt.Sprintf(`{"email":%q,"password":`, m["user's e-mail"]))
	h.wrongly("GET", "/people/"+m["surname"], "")
	h.wrongly("GET", "/"+m["surname"]+"?q="+url.QueryEscape(m["e-mail"]), "")
	h.wrongly("POST", "/api/v1/employees", fmt.Sprintf(`{"number":%q,"surname":%q,"employed_from":"2020-01-01"}`, m["personnel number"], m["surname"]))
	h.wrongly("POST", "/api/v1/employees", fmt.Sprintf(`{"number":%q,"surname":%q,"bsn":"111222333","employed_from":"2020-01-01"}`, m["personnel number"], m["surname"]))
	h.wrongly("POST", "/api/v1/fobs", fmt.Sprintf(`{"label":%q,"number":{"technology":"em4100","value":%q}}`, m["fob's label"], m["fob number"]))
	h.wrongly("POST", "/api/v1/fobs", fmt.Sprintf(`{"label":%q,"number":{"technology":"em4100","value":"%sZZ"}}`, m["fob's label"], m["fob number"]))
	h.wrongly("POST", "/api/v1/employees/import", "personnel number,surname,from,"+m["refused column"]+"\n"+m["personnel number"]+","+m["surname"]+",never,x\n")
}

// pay approves the week of what was decided, and makes a run of it that is
// pulled: manifests stand beside the database.
func (h *household) pay(employee int64) {
	h.Helper()
	day := time.Now().UTC().AddDate(0, 0, -8)
	year, week := day.ISOWeek()
	var acted struct{ Items []struct{ Done bool } }
	h.ask(http.StatusOK, "POST", "/api/v1/timesheets/approve", fmt.Sprintf(`{"week":"%d-W%02d","employee_ids":[%d],"reason":%q,"seen":{"%d":"any"}}`,
		year, week, employee, marks["reason of a decision"], employee), &acted)
	if len(acted.Items) != 1 || !acted.Items[0].Done {
		h.Fatalf("not approved: %+v", acted)
	}
	var destination, run id
	h.ask(http.StatusCreated, "POST", "/api/v1/destinations", `{"name":"Loket","format":"csv"}`, &destination)
	var waits struct{ Codes []struct{ Code string } } // of a day in the week, or at its end
	h.ask(http.StatusOK, "GET", fmt.Sprintf("/api/v1/destinations/%d/codes/check", destination.ID), "", &waits)
	codes := map[string]map[string]string{"codes": {}}
	for i, c := range waits.Codes {
		codes["codes"][c.Code] = fmt.Sprint(i + 1)
	}
	body, err := json.Marshal(codes)
	if err != nil {
		h.Fatal(err)
	}
	h.ask(http.StatusOK, "PUT", fmt.Sprintf("/api/v1/destinations/%d/codes", destination.ID), string(body), nil)
	h.ask(http.StatusCreated, "POST", "/api/v1/runs", fmt.Sprintf(`{"destination_id":%d,"from":%q,"to":%q}`, destination.ID,
		day.AddDate(0, 0, -7).Format(time.DateOnly), day.AddDate(0, 0, 7).Format(time.DateOnly)), &run)
	h.ask(http.StatusOK, "GET", fmt.Sprintf("/api/v1/runs/%d/file", run.ID), "", nil)
	span := "?from=" + day.AddDate(0, 0, -7).Format(time.DateOnly) + "&to=" + day.AddDate(0, 0, 7).Format(time.DateOnly)
	for _, path := range []string{"/api/v1/papers/timesheets", "/api/v1/papers/evidence", "/api/v1/analysis/workbook"} { // made in files that go again
		h.ask(http.StatusOK, "GET", path+span, "", nil)
	}
}

// requests has the employee sign in and ask for a correction.
func (h *household) requests() {
	h.Helper()
	office := h.client.Jar
	defer func() { h.client.Jar = office }()
	h.client.Jar, _ = cookiejar.New(nil)
	h.ask(http.StatusCreated, "POST", "/api/v1/session", fmt.Sprintf(`{"email":%q,"password":%q}`, marks["user's e-mail"], marks["password"]), nil)
	h.ask(http.StatusOK, "GET", "/me", "", nil)
	answer, err := h.client.PostForm("http://"+h.http+"/me/ask", url.Values{"day": {time.Now().UTC().AddDate(0, 0, -8).Format(time.DateOnly)}, "what": {"other"}, "text": {marks["text of a request"]}})
	if err != nil {
		h.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		h.Errorf("asking for a correction: %s", answer.Status)
	}
}

// beside says whether a file of the state folder is the database itself, where
// people's values belong.
func beside(path string) bool {
	return !strings.Contains(path, "/base/") && !strings.Contains(path, "/pg_wal/") && !strings.Contains(path, "/pg_stat") && !strings.Contains(path, "/pg_multixact/") && !strings.Contains(path, "/pg_xact/") &&
		!(strings.Contains(path, "/wal/") && strings.Contains(path, "/in/")) // its log, before it is sealed for the places of backups
}

// search reads everything that was written.
func (h *household) search() {
	h.Helper()
	texts := map[string][]byte{"the server's log": []byte(h.log.String()), "the gateway's log": []byte(h.boxLog.String()), "the gateway's line to the broker": h.wire.heard()}
	for _, dir := range []string{h.state, h.box, h.temporary} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || !beside(path) {
				return nil // a file that goes meanwhile is no file
			}
			if text, err := os.ReadFile(path); err == nil {
				texts[strings.TrimPrefix(path, dir)] = text
			}
			return nil
		})
		if err != nil {
			h.Fatal(err)
		}
	}
	h.Logf("%d places searched, %d bytes of them from the gateway's line", len(texts), len(texts["the gateway's line to the broker"]))
	for where, text := range texts {
		for _, what := range found(text) {
			h.Errorf("%s holds the %s", where, what)
		}
	}
}
