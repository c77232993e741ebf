package page

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func renderer(t *testing.T) *Renderer {
	t.Helper()
	r, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func rendered(t *testing.T, r *Renderer, v View) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Render(&b, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEveryPageRendersInEveryLanguage(t *testing.T) {
	r := renderer(t)
	for _, lang := range Languages() {
		for name, view := range sampleViews(lang) {
			t.Run(lang+"/"+name, func(t *testing.T) { rendered(t, r, view) })
		}
	}
}

// TestPreview writes all pages and assets to the folder in PAGE_PREVIEW, to be
// served by any static file server and looked at.
func TestPreview(t *testing.T) {
	folder := os.Getenv("PAGE_PREVIEW")
	if folder == "" {
		t.Skip("PAGE_PREVIEW names no folder to write to")
	}
	r := renderer(t)
	for _, lang := range Languages() {
		for name, view := range sampleViews(lang) {
			write(t, filepath.Join(folder, lang, name+".html"), []byte(rendered(t, r, view)))
		}
	}
	for name, file := range r.Assets().files {
		write(t, filepath.Join(folder, "assets", name), file.content)
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}
