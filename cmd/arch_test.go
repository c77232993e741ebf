// Package cmd_test holds the shape of the whole house: which room may import
// which, who talks to the database, what stands at the top, and that every
// invariant and obligation cited in the code exists. It parses the files
// itself, so that a cached result cannot hide a change.
package cmd_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = ".."

// rooms stand in the order of the data's way: a room imports only leftwards.
var rooms = []string{
	"gateway/wire", "ingest/press", "ingest/durable", "ingest/remote", "ingest/pg", "ingest/audit", "ingest/privacy", "ingest/tenant", "ingest/mail", "ingest/people",
	"ingest/fleet", "ingest/leaving", "ingest/ended", "ingest", "ingest/hours", "payroll", "api/sla", "api/continuity", "api/page", "api",
}

// apart are rooms outside that order, with all that they may import.
var apart = map[string][]string{
	"gateway/journal": {"gateway/wire"},
	"gateway/reader":  {"gateway/wire"},
	"gateway":         {"gateway/wire", "gateway/journal", "gateway/reader"},
	"firmware-sim":    {"gateway/wire"},
}

// inside are the rooms within a room, in steps: one imports only from earlier
// steps.
var inside = map[string][][]string{
	"ingest/privacy": {
		{"ingest/privacy"}, {"ingest/privacy/wording", "ingest/privacy/refusal"}, {"ingest/privacy/register", "ingest/privacy/breach"}, {"ingest/privacy/retention"},
		{"ingest/privacy/request"}, {"ingest/privacy/ending"}, {"ingest/privacy/statement"},
	},
	"ingest/hours": {
		{"ingest/hours/calendar"}, {"ingest/hours/rule", "ingest/hours/plan", "ingest/hours/law"},
		{"ingest/hours"}, {"ingest/hours/approval", "ingest/hours/script", "ingest/hours/wording"},
	},
	"payroll": {
		{"payroll/format"}, {"payroll"}, {"payroll/delivery", "payroll/bi", "payroll/paper"},
	},
	"api/sla": {
		{"api/sla/window"}, {"api/sla"}, {"api/sla/probe", "api/sla/notice", "api/sla/port"}, {"api/sla/alarm", "api/sla/incident", "api/sla/report"},
	},
	"api/continuity": {
		{"api/continuity/target"}, {"api/continuity"}, {"api/continuity/evidence"},
	},
}

// barred names what a room may not import though it stands to its left:
// api and payroll carry no MQTT.
var barred = map[string][]string{"api": {"ingest"}, "api/page": {"ingest"}, "payroll": {"ingest"}}

// device is all of the project that the program on the device may contain.
var device = []string{"gateway", "gateway/wire", "gateway/journal", "gateway/reader"}

type source struct {
	path    string // slash-separated, from the top
	room    string
	imports []string
	ast     *ast.File
	fset    *token.FileSet
	lines   int
	text    string
}

func TestRoomsImportLeftwardsOnly(t *testing.T) {
	for _, f := range sources(t) {
		for _, imp := range f.imports {
			to, ours := strings.CutPrefix(imp, "tikklok/")
			if !ours || f.room == "cmd" {
				continue
			}
			if why := refused(f.room, roomOf(to), strings.HasSuffix(f.path, "_test.go")); why != "" {
				t.Errorf("%s imports %s: %s", f.path, imp, why)
			}
		}
	}
}

func refused(from, to string, test bool) string {
	if from == to {
		return ""
	}
	if may, ok := apart[from]; ok {
		if slices.Contains(may, to) {
			return ""
		}
		return from + " may import " + strings.Join(may, ", ") + " only"
	}
	f, g := slices.Index(rooms, from), slices.Index(rooms, to)
	switch {
	case f < 0 || g < 0:
		return "a room that the list does not know"
	case g > f && !test: // tests may stand a room up with what comes after it
		return "import only leftwards: " + strings.Join(rooms, " < ")
	case slices.Contains(barred[from], to):
		return from + " carries no MQTT"
	}
	return ""
}

func TestRoomsInsideARoomImportEarlierStepsOnly(t *testing.T) {
	for _, f := range sources(t) {
		steps, ok := inside[f.room]
		if !ok || strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		step := func(dir string) int {
			return slices.IndexFunc(steps, func(rooms []string) bool { return slices.Contains(rooms, dir) })
		}
		own := step(path.Dir(f.path))
		if own < 0 {
			t.Errorf("%s: a room inside %s that the list does not know", f.path, f.room)
		}
		for _, imp := range f.imports {
			if to := strings.TrimPrefix(imp, "tikklok/"); roomOf(to) == f.room && step(to) >= own {
				t.Errorf("%s imports %s: only from earlier steps: %v", f.path, imp, steps)
			}
		}
	}
}

func TestOnlyStoresTalkToTheDatabase(t *testing.T) {
	for _, f := range sources(t) {
		if f.room == "ingest/pg" || strings.HasPrefix(path.Base(f.path), "store") || strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		for _, imp := range f.imports {
			if strings.HasPrefix(imp, "github.com/jackc/") || imp == "database/sql" {
				t.Errorf("%s imports %s: SQL stands in a room's store*.go", f.path, imp)
			}
		}
	}
}

func TestTheDeviceCarriesNoDatabaseAndNoWeb(t *testing.T) {
	for _, f := range sources(t) {
		onDevice := slices.Contains(device, f.room) || strings.HasPrefix(f.path, "cmd/tikklok-gateway/")
		if !onDevice || strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		for _, imp := range f.imports {
			to, ours := strings.CutPrefix(imp, "tikklok/")
			switch {
			case ours && !slices.Contains(device, roomOf(to)):
				t.Errorf("%s imports %s: not on the device", f.path, imp)
			case strings.HasPrefix(imp, "github.com/jackc/"), strings.HasPrefix(imp, "github.com/labstack/"):
				t.Errorf("%s imports %s: no database and no web code on the device", f.path, imp)
			}
		}
	}
}

func TestNothingShippedNeedsC(t *testing.T) {
	for _, f := range sources(t) {
		if slices.Contains(f.imports, "C") {
			t.Errorf("%s imports C", f.path)
		}
	}
}

func TestFilesStayUnder400Lines(t *testing.T) {
	for _, f := range sources(t) {
		if f.lines > 400 && !strings.HasSuffix(f.path, "_test.go") {
			t.Errorf("%s has %d lines: split it by noun", f.path, f.lines)
		}
	}
}

func TestEveryRoomSaysWhatItPromises(t *testing.T) {
	said := map[string]bool{}
	for _, f := range sources(t) {
		dir := path.Dir(f.path)
		if !strings.HasSuffix(f.path, "_test.go") {
			said[dir] = said[dir] || f.ast.Doc != nil
		}
	}
	for dir, ok := range said {
		if !ok {
			t.Errorf("%s: no package comment", dir)
		}
	}
}

func TestTheTopLevelHoldsNothingElse(t *testing.T) {
	known := []string{"api", "cmd", "docs", "firmware-sim", "gateway", "go.mod", "go.sum", "ingest", "LICENSE", "Makefile", "payroll", "README.md"}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		made := e.Name() == "var" || e.Name() == "bin" || e.Name() == "node_modules" // ignored by git
		if !made && !strings.HasPrefix(e.Name(), ".") && !slices.Contains(known, e.Name()) {
			t.Errorf("%s does not belong at the top", e.Name())
		}
	}
}

var cited = regexp.MustCompile(`\b(OB-[HSPC][0-9]+|I[1-9])\b`)

func TestEveryCitedPromiseExists(t *testing.T) {
	known := promises(t)
	used := map[string]bool{}
	for _, f := range sources(t) {
		for _, id := range cited.FindAllString(f.text, -1) {
			used[id] = true
			if !known[id] {
				t.Errorf("%s cites %s, which neither docs/promises.md nor the register of obligations knows", f.path, id)
			}
		}
	}
	var uncited []string
	for id := range known {
		if !used[id] {
			uncited = append(uncited, id)
		}
	}
	slices.Sort(uncited)
	t.Logf("not cited yet: %s", strings.Join(uncited, " "))
}

// promises gives all that may be cited: the invariants of docs/promises.md, and
// the obligations of the register that the evidence pack is made from.
func promises(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\| (I[1-9]) \|`).FindAllStringSubmatch(read(t, "docs/promises.md"), -1) {
		known[m[1]] = true
	}
	var register struct{ Obligations []struct{ ID string } }
	if err := json.Unmarshal([]byte(read(t, "api/continuity/evidence/register.json")), &register); err != nil {
		t.Fatal(err)
	}
	for _, o := range register.Obligations {
		known[o.ID] = true
	}
	return known
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sources parses every Go file of the project that a person wrote.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && p != root && (strings.HasPrefix(name, ".") || slices.Contains([]string{"var", "bin", "node_modules", "testdata", "pb"}, name)) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".gen.go") {
			return nil
		}
		f, err := parse(p)
		all = append(all, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func parse(p string) (source, error) {
	text, err := os.ReadFile(p)
	if err != nil {
		return source{}, err
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, p, text, parser.ParseComments)
	if err != nil {
		return source{}, err
	}
	rel, err := filepath.Rel(root, p)
	if err != nil {
		return source{}, err
	}
	rel = filepath.ToSlash(rel)
	f := source{path: rel, room: roomOf(path.Dir(rel)), ast: file, fset: fset, text: string(text), lines: strings.Count(string(text), "\n")}
	for _, imp := range file.Imports {
		f.imports = append(f.imports, strings.Trim(imp.Path.Value, `"`))
	}
	return f, nil
}

// roomOf gives the room a folder belongs to: the longest room that begins it.
func roomOf(dir string) string {
	if dir == "cmd" || strings.HasPrefix(dir, "cmd/") {
		return "cmd"
	}
	for d := dir; d != "."; d = path.Dir(d) {
		if _, ok := apart[d]; ok || slices.Contains(rooms, d) {
			return d
		}
	}
	return dir
}
