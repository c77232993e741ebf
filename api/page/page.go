// Package page promises that whatever the handlers know can be read by a
// person: it turns plain view models into HTML in Dutch or English, with its
// own styles, script and drawings, and nothing from elsewhere. It knows no
// database, no request and no clock; all escaping is html/template's, and the
// pages run under the content policy in Policy.
//
// Every time.Time in a view is already in the zone in which it is to be read;
// every duration is whole minutes. Views only say what is so; the words are
// chosen here (see Message).
package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// Policy is the Content-Security-Policy under which every page works: no
// inline script, no inline style, nothing from another origin.
const Policy = "default-src 'self'; img-src 'self'; style-src 'self'; script-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// FragmentHeader is sent by the page's script with the name of the one part
// it wants. Handlers copy it to Frame.Fragment; a part that the view doesn't
// have is answered with the whole page, which the script understands too.
const FragmentHeader = "Tikklok-Fragment"

// LiveHeader is sent by the script when it refreshes on its own. Such a
// request is no activity of a person and must not prolong a session (OB-C2).
const LiveHeader = "Tikklok-Live"

//go:embed templates/*.html
var templateFiles embed.FS

// View is one page. All views are in this package.
type View interface {
	name() string
	frame() *Frame
}

// Renderer writes views as HTML. It is safe for concurrent use.
type Renderer struct {
	assets *Assets
	words  map[string]*words
	byLang map[string]*template.Template
}

// Embedded gives the renderer of the embedded templates, messages and assets,
// which are parsed once: they are the program's own.
var Embedded = sync.OnceValues(readEmbedded)

func readEmbedded() (*Renderer, error) {
	assets, err := loadAssets()
	if err != nil {
		return nil, err
	}
	r := &Renderer{assets: assets, words: map[string]*words{}, byLang: map[string]*template.Template{}}
	for _, lang := range OwnLanguages() {
		words, err := loadWords(lang)
		if err != nil {
			return nil, err
		}
		set, err := parseTemplates(words, assets)
		if err != nil {
			return nil, err
		}
		r.words[lang], r.byLang[lang] = words, set
	}
	return r, nil
}

func parseTemplates(w *words, assets *Assets) (*template.Template, error) {
	set := template.New("").Funcs(functions(w, assets))
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	if _, err := set.ParseFS(templateFiles, files...); err != nil {
		return nil, fmt.Errorf("parse templates: %w", err)
	}
	return set, nil
}

// Text gives a message in a language that pages can be read in.
func (r *Renderer) Text(lang string, m Message) (string, error) {
	w, ok := r.words[lang]
	if !ok {
		w = r.words[fallbackLanguage]
	}
	return w.message(m)
}

// Assets serves the styles, the script and the pictures; mount it at
// AssetPrefix.
func (r *Renderer) Assets() *Assets { return r.assets }

// languageOf gives the language of its frame that a view can be read in.
func (r *Renderer) languageOf(v View) string {
	lang := v.frame().Language
	if _, own := v.(interface{ own() }); own && slices.Contains(OwnLanguages(), lang) || slices.Contains(Languages(), lang) {
		return lang
	}
	return fallbackLanguage
}

// Render writes v, or the part of it that its Frame.Fragment names. Nothing is
// written when it fails.
func (r *Renderer) Render(w io.Writer, v View) error {
	f := v.frame()
	set := r.byLang[r.languageOf(v)]
	name := v.name()
	if f.Fragment != "" && set.Lookup(name+"/"+f.Fragment) != nil {
		name += "/" + f.Fragment
	}
	var page bytes.Buffer
	if err := set.ExecuteTemplate(&page, name, v); err != nil {
		return fmt.Errorf("render page %s: %w", strings.TrimSpace(name), err)
	}
	_, err := page.WriteTo(w)
	return err
}
