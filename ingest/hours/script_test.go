package hours_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tikklok/ingest/hours/script"
)

var update = flag.Bool("update", false, "write what comes out into the scripts; read the difference before committing")

// A script is taps in, hours out; see testdata/README.md.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := script.Parse(name, string(text))
		if err != nil {
			t.Fatal(err)
		}
		var played []string
		for _, scenario := range file.Scenarios {
			t.Run(strings.TrimSuffix(filepath.Base(name), ".txt")+"/"+scenario.Name, func(t *testing.T) {
				got, err := scenario.Run(name)
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range got.Differs {
					if !*update {
						t.Errorf("%s:%d: got\n%s\nwant\n%s", name, d.Line, d.Got, d.Want)
					}
				}
				played = append(played, got.Text)
			})
		}
		if *update && len(played) == len(file.Scenarios) { // -run may have left some out
			if err := os.WriteFile(name, []byte(file.Text(played)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
