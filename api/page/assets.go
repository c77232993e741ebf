package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// styleSheets in the order of the cascade; they are served as one file.
var styleSheets = []string{"base.css", "frame.css", "parts.css", "table.css", "timesheets.css", "plan.css", "approval.css", "exceptions.css", "uncertain.css", "pages.css", "devices.css", "rules.css", "me.css", "law.css", "exports.css", "paper.css", "privacy.css", "registers.css", "evidence.css", "status.css", "maintenance.css", "incidents.css", "service.css"}

// Assets are the embedded files under names that contain their content's
// hash, so that a browser may keep them for ever.
type Assets struct {
	byName map[string]string // plain name → hashed name
	files  map[string]asset  // hashed name
}

type asset struct {
	kind    string
	content []byte
}

func loadAssets() (*Assets, error) {
	a := &Assets{byName: map[string]string{}, files: map[string]asset{}}
	var css []byte
	for _, name := range styleSheets {
		part, err := assetFiles.ReadFile("assets/" + name)
		if err != nil {
			return nil, fmt.Errorf("read styles: %w", err)
		}
		css = append(css, part...)
	}
	a.add("tikklok.css", css)
	rest, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		return nil, fmt.Errorf("list assets: %w", err)
	}
	for _, file := range rest {
		if slices.Contains(styleSheets, file.Name()) {
			continue
		}
		content, err := assetFiles.ReadFile("assets/" + file.Name())
		if err != nil {
			return nil, fmt.Errorf("read asset: %w", err)
		}
		a.add(file.Name(), content)
	}
	return a, nil
}

var assetKinds = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

func (a *Assets) add(name string, content []byte) {
	sum := sha256.Sum256(content)
	ext := path.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	a.byName[name] = hashed
	a.files[hashed] = asset{kind: assetKinds[ext], content: content}
}

// Path is the address of the asset called name, and an error when there is none.
func (a *Assets) Path(name string) (string, error) {
	hashed, ok := a.byName[name]
	if !ok {
		return "", fmt.Errorf("no asset %q", name)
	}
	return AssetPrefix + hashed, nil
}

// ServeHTTP serves AssetPrefix.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := a.files[strings.TrimPrefix(r.URL.Path, AssetPrefix)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(file.content) // the reader went away: nobody to tell
}
