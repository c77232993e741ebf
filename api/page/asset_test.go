package page

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnAssetIsServedForEverUnderTheHashOfItsContent(t *testing.T) {
	assets := renderer(t).Assets()
	for _, name := range []string{"tikklok.css", "tikklok.js", "mark.svg"} {
		path, err := assets.Path(name)
		if err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		assets.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		if answer.Code != http.StatusOK || answer.Body.Len() == 0 {
			t.Errorf("%s: status %d, %d bytes", path, answer.Code, answer.Body.Len())
		}
		if cache := answer.Header().Get("Cache-Control"); !strings.Contains(cache, "immutable") {
			t.Errorf("%s: Cache-Control %q", path, cache)
		}
		if kind := answer.Header().Get("Content-Type"); kind == "" {
			t.Errorf("%s has no content type", path)
		}
	}
}

func TestAnUnknownAssetIsNotFound(t *testing.T) {
	assets := renderer(t).Assets()
	for _, path := range []string{"/assets/", "/assets/tikklok.css", "/assets/../page.go", "/assets/base.css"} {
		answer := httptest.NewRecorder()
		assets.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		if answer.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, answer.Code)
		}
	}
	if _, err := assets.Path("none.css"); err == nil {
		t.Error("an asset that doesn't exist has an address")
	}
}
