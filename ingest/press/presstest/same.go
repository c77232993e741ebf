// Package presstest promises tests of papers and letters one way to hold that
// their languages say the same.
package presstest

import (
	"io/fs"
	"testing"

	"tikklok/ingest/press"
)

// SayTheSame fails t where a sentence stands in only one of text/nl.json and
// text/en.json, or fills other places there.
func SayTheSame(t *testing.T, texts fs.FS) {
	t.Helper()
	nl, err := press.WordsOf(texts, "nl")
	if err != nil {
		t.Fatal(err)
	}
	en, err := press.WordsOf(texts, "en")
	if err != nil {
		t.Fatal(err)
	}
	if differ := press.Differences(nl, en); len(differ) > 0 {
		t.Errorf("nl and en differ in %v", differ)
	}
}
