package page

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	loggedAction  = regexp.MustCompile(`Action: +"([a-z_]+\.[a-z_]+)"`)
	loggedSubject = regexp.MustCompile(`SubjectKind: +"([a-z_]+)"`)
)

// TestWhatTheLogNamesHasWords: what is logged anywhere is read on the Log page
// by who knows no names of the program (OB-C4).
func TestWhatTheLogNamesHasWords(t *testing.T) {
	text := catalogues(t)[fallbackLanguage].text
	need := func(family string, found [][]string, file string) {
		for _, one := range found {
			if text[family+one[1]] == "" {
				t.Errorf("%s logs %q, and %s%s has no words", file, one[1], family, one[1])
			}
		}
	}
	for _, root := range []string{"../../ingest", "../../payroll", ".."} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			code, err := os.ReadFile(path)
			need("action.", loggedAction.FindAllStringSubmatch(string(code), -1), path)
			need("subject.", loggedSubject.FindAllStringSubmatch(string(code), -1), path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
