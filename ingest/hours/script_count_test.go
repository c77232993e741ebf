package hours_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// scenarios gives what happens in each scenario of the scripts, by name.
func scenarios(t *testing.T) map[string]string {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split("\n"+string(text), "\n== ")[1:] {
			title, body, _ := strings.Cut(part, "\n")
			key := filepath.Base(name) + ": " + title
			if out[key] != "" {
				t.Errorf("%s stands there twice", key)
			}
			out[key] = happened(body)
		}
	}
	return out
}

// happened gives a scenario without what comes out of it.
func happened(body string) string {
	var in []string
	expected := false
	for line := range strings.SplitSeq(body, "\n") {
		switch {
		case line == "=>":
			expected = true
		case line == "+":
			expected = false
		case !expected && line != "" && !strings.HasPrefix(line, "#"):
			in = append(in, line)
		}
	}
	return strings.Join(in, "\n")
}

func TestScriptsCoverManyCombinationsOfRuleAndInput(t *testing.T) {
	all := scenarios(t)
	date := regexp.MustCompile(`\d{4}-\d\d-\d\d`)
	combinations := map[string]bool{}
	for _, in := range all {
		// The same on another day, or of somebody else, is no other combination.
		same := strings.NewReplacer("Aydin", "X", "Bakker", "X", "deBoer", "X").Replace(date.ReplaceAllString(in, "day"))
		lines := strings.Split(same, "\n")
		slices.Sort(lines)
		combinations[strings.Join(slices.Compact(lines), "\n")] = true
	}
	if len(all) < 150 || len(combinations) < 100 {
		t.Errorf("%d scenarios with %d combinations; there must be 150 with 100", len(all), len(combinations))
	}
	t.Logf("%d scenarios, %d combinations", len(all), len(combinations))
}

func TestEachComplaintIsHeldByAScriptOrATestThatExists(t *testing.T) {
	table, err := os.ReadFile("testdata/complaints.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testsOf(t)
	for _, name := range regexp.MustCompile(`\b(?:Test|Benchmark)[A-Z]\w+`).FindAllString(string(table), -1) {
		if !tests[name] {
			t.Errorf("%s is named, and does not exist", name)
		}
	}
	var names []string
	for name := range scenarios(t) {
		names = append(names, name)
	}
	for line := range strings.SplitSeq(string(table), "\n") {
		complaint, held, ok := strings.Cut(strings.Trim(line, "| "), " | ")
		if !ok || !strings.Contains(held, "complaints.txt") {
			continue
		}
		reference := regexp.MustCompile(`(\w+)(?:/[\w-]+)?(?:#\d+)?$`).FindStringSubmatch(strings.Split(complaint[strings.LastIndex(complaint, ": ")+2:], ",")[0])
		if reference == nil || !slices.ContainsFunc(names, func(n string) bool {
			return strings.HasPrefix(n, "complaints.txt: ") && strings.Contains(n, strings.TrimPrefix(reference[0], "thingsboard/"))
		}) {
			t.Errorf("no script is named after %q", complaint)
		}
	}
}

// testsOf gives the tests of the whole module.
func testsOf(t *testing.T) map[string]bool {
	out := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Benchmark)\w+)\(`)
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			out[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
