package main

import (
	"debug/buildinfo"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// built gives the folder of a release of the gateway, the smaller program, and
// the program itself.
func built(t *testing.T) (out, program string) {
	t.Helper()
	t.Chdir("../..")
	t.Setenv("SOURCE_DATE_EPOCH", "1795312800")
	t.Setenv("CGO_ENABLED", "0")
	out = t.TempDir()
	program = filepath.Join(out, "tikklok-gateway")
	if said, err := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", program, "./cmd/tikklok-gateway").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return out, program
}

// schemas reads the standard's own schemas, which the library brings along.
type schemas string

func (s schemas) Load(url string) (any, error) {
	name := strings.TrimPrefix(url, "http://cyclonedx.org/schema/")
	if name == "jsf-0.82.schema.json" {
		name = "jsf-0.82.schemax.json" // as the library calls it
	}
	f, err := os.Open(filepath.Join(string(s), name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return jsonschema.UnmarshalJSON(f)
}

func TestABillIsAsTheStandardSays(t *testing.T) { // CycloneDX 1.6, OB-C13
	out, program := built(t)
	if err := write(out, "v1.2.3", []string{program}); err != nil {
		t.Fatal(err)
	}
	library, err := exec.Command("go", "list", "-modfile=.ci/tools/bill.mod", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(schemas(filepath.Join(strings.TrimSpace(string(library)), "schema")))
	schema, err := c.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(program + ".cdx.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	bill, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(bill); err != nil {
		t.Error(err)
	}
	bill.(map[string]any)["bomFormat"] = "another"
	if schema.Validate(bill) == nil {
		t.Error("the schema lets anything pass")
	}
}

func TestABillNamesAllThatTheProgramHoldsWithItsLicence(t *testing.T) { // OB-C13
	out, program := built(t)
	if err := write(out, "v1.2.3", []string{program}); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(program + ".cdx.json")
	if err != nil {
		t.Fatal(err)
	}
	var bill struct {
		Components []struct {
			Name, Version string
			Hashes        []any
			Licenses      []any
		}
	}
	if err := json.Unmarshal(raw, &bill); err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, c := range bill.Components {
		named[c.Name+"@"+c.Version] = len(c.Licenses) > 0 && (len(c.Hashes) > 0 || c.Name == "std")
	}
	texts, err := os.ReadFile(filepath.Join(out, "LICENCES.txt"))
	if err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range info.Deps {
		if id := d.Path + "@" + d.Version; !named[id] || !strings.Contains(string(texts), "\n"+id+"\n") {
			t.Errorf("%s has no licence, or no hash, or isn't named", id)
		}
	}
	if len(named) != len(info.Deps)+1 || !strings.Contains(string(texts), "The Go Authors") {
		t.Errorf("%d components of %d modules and the library of Go", len(named), len(info.Deps))
	}
}

func TestTheSameProgramGivesTheSameBill(t *testing.T) {
	out, program := built(t)
	other := t.TempDir()
	for _, folder := range []string{out, other} {
		if err := write(folder, "v1.2.3", []string{program}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"tikklok-gateway.cdx.json", "LICENCES.txt"} {
		a, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := os.ReadFile(filepath.Join(other, name)); string(a) != string(b) {
			t.Errorf("%s differs", name)
		}
	}
}

const (
	mit     = "Permission is hereby granted, free of charge, to any person\nobtaining a copy of this software and associated documentation files"
	unheard = "You may use this on Tuesdays."
)

func TestAModuleNeedsALicenceThatSomebodyLookedAt(t *testing.T) { // OB-C13
	for name, c := range map[string]struct {
		files map[string]string
		want  string // of the error; "": none
	}{
		"one that is known":            {map[string]string{"LICENSE": mit}, ""},
		"none":                         {map[string]string{"README.md": mit}, "no file with a licence"},
		"one that nobody looked at":    {map[string]string{"LICENSE": unheard}, "LICENSE is a licence that nobody looked at"},
		"another beside it":            {map[string]string{"LICENSE": mit, "LICENSE-2": unheard}, "LICENSE-2 is"},
		"another beside a package":     {map[string]string{"LICENSE": mit, "part/LICENSE.txt": unheard}, "part/LICENSE.txt is"},
		"another beside what isn't in": {map[string]string{"LICENSE": mit, "other/LICENSE": unheard}, ""},
		"a notice beside it":           {map[string]string{"LICENSE": mit, "NOTICE": "Made by many."}, ""},
		"a notice alone":               {map[string]string{"NOTICE": "Made by many."}, "no file with a licence"},
		"source with such a name":      {map[string]string{"license.go": mit}, "no file with a licence"},
	} {
		top := t.TempDir()
		part := filepath.Join(top, "part", "deep")
		for _, folder := range []string{part, filepath.Join(top, "other")} {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for file, text := range c.files {
			if err := os.WriteFile(filepath.Join(top, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		_, err := termsIn(top, []string{part})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What pages are made of is our own: nothing there is on a bill.
func TestNoFontAndNoScriptOfOthersIsAmongTheAssets(t *testing.T) { // OB-C13
	files, err := filepath.Glob("../../api/page/assets/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		plain := strings.ToLower(string(text))
		for _, word := range []string{"copyright", "license", "licence", "©", "@preserve"} {
			if strings.Contains(plain, word) {
				t.Errorf("%s speaks of %q: name its licence in the release", path, word)
			}
		}
		if kind := filepath.Ext(path); kind != ".css" && kind != ".svg" && kind != ".js" {
			t.Errorf("%s: name the licence of what no text is", path)
		}
	}
}
