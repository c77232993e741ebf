package format

import (
	"archive/zip"
	"bytes"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a document, or each in an archive, with what is kept.
func golden(t *testing.T, name string, doc document) {
	t.Helper()
	for path, body := range goldenFiles(t, filepath.Join("testdata", name), doc) {
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, body, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v; go test ./payroll/format -run EveryFormat -update writes it", err)
		}
		if !bytes.Equal(body, want) {
			t.Errorf("%s differs:\n%s", path, body)
		}
	}
}

// goldenFiles gives what is kept of a document: each file of an archive, and
// of a workbook what its sheet says.
func goldenFiles(t *testing.T, base string, doc document) map[string][]byte {
	t.Helper()
	switch doc.extension {
	case "zip":
		files := map[string][]byte{}
		for entry, body := range unzip(t, doc.body) {
			extension := strings.TrimPrefix(filepath.Ext(entry), ".")
			maps.Copy(files, goldenFiles(t, filepath.Join(base, strings.TrimSuffix(entry, "."+extension)), document{body, extension}))
		}
		return files
	case "xlsx":
		parts := unzip(t, doc.body)
		return map[string][]byte{base + "-sheet.xml": parts["xl/worksheets/sheet1.xml"], base + "-text.xml": parts["xl/sharedStrings.xml"]}
	}
	return map[string][]byte{base + "." + doc.extension: doc.body}
}

func unzip(t testing.TB, body []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return files
}
