package format

import (
	"archive/zip"
	"bytes"
	"testing"
)

func TestEveryFileInAnArchiveIsDatedByItsRun(t *testing.T) {
	for _, s := range suite() {
		r := nasty()["whole month"]()
		doc := s.write(t, r)
		if doc.extension != "zip" && doc.extension != "xlsx" {
			continue
		}
		dated(t, s.format.Name(), doc, s.content(t, r))
	}
}

// dated looks into sheets in an archive too.
func dated(t *testing.T, name string, doc document, c Content) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(doc.body), int64(len(doc.body)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if !f.Modified.Equal(c.At) {
			t.Errorf("%s: %s is dated %s, not %s", name, f.Name, f.Modified, c.At)
		}
	}
	for entry, body := range unzip(t, doc.body) {
		if bytes.HasPrefix(body, []byte("PK")) {
			dated(t, name+": "+entry, document{body: body}, c)
		}
	}
}
