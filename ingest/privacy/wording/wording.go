// Package wording promises that what is kept about people is called the same on
// a page, in a document and in the file that a data subject gets: the words of
// the catalogue stand here, with the law's own where it has them.
package wording

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tikklok/ingest/privacy"
)

//go:embed text/*.json text/log/*.json
var texts embed.FS

// ErrLanguage refuses a language that there are no words in.
var ErrLanguage = errors.New("the language is nl or en")

// Languages gives those that there are words in.
func Languages() []string { return []string{"nl", "en"} }

// Words are the catalogue's in one language.
type Words struct{ text map[string]string }

// In gives the words of a language, or ErrLanguage.
func In(language string) (Words, error) {
	if !slices.Contains(Languages(), language) {
		return Words{}, fmt.Errorf("%w, not %q", ErrLanguage, language)
	}
	w := Words{map[string]string{}}
	for _, file := range []string{"text/" + language + ".json", "text/log/" + language + ".json"} {
		raw, err := texts.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(raw, &w.text)
		}
		if err != nil {
			return Words{}, fmt.Errorf("reading the catalogue's words of %s: %w", language, err)
		}
	}
	return w, nil
}

// Actions gives what the log's actions are called, by "action." and their name:
// of the pages too.
func (w Words) Actions() map[string]string {
	out := map[string]string{}
	for key, text := range w.text {
		if strings.HasPrefix(key, "action.") {
			out[key] = text
		}
	}
	return out
}

// of says a word; one that is not there is its own name, which a test of the
// whole catalogue refuses (Missing).
func (w Words) of(family, name string) string { return cmp.Or(w.text[family+"."+name], name) }

// Group says who the data subjects are.
func (w Words) Group(g privacy.Group) string { return w.of("group", string(g)) }

// Purpose says what something is kept for.
func (w Words) Purpose(p privacy.Purpose) string { return w.of("purpose", string(p)) }

// Basis says why it may be processed, with the article.
func (w Words) Basis(b privacy.Basis) string { return w.of("basis", string(b)) }

// Class names a class of retention.
func (w Words) Class(c privacy.Class) string { return w.of("class", string(c)) }

// Reader says who sees something.
func (w Words) Reader(r privacy.Reader) string { return w.of("reader", string(r)) }

// Source says where something comes from.
func (w Words) Source(s privacy.Source) string { return w.of("source", string(s)) }

// Recipient says where something may go.
func (w Words) Recipient(r privacy.Recipient) string { return w.of("recipient", string(r)) }

// Kind says what a field tells.
func (w Words) Kind(k privacy.Kind) string { return w.of("kind", string(k)) }

// Erasure says what becomes of rows when their person is erased.
func (w Words) Erasure(e privacy.Erasure) string { return w.of("erasure", string(e)) }

// Table says what a table holds.
func (w Words) Table(name string) string { return w.of("table", name) }

// Column names a field; one without words of its own is named as in the
// database, in words.
func (w Words) Column(name string) string {
	return cmp.Or(w.text["column."+name], strings.ReplaceAll(name, "_", " "))
}

// Known gives what a field is called, where it has words of its own that are
// not those of a number within the program.
func (w Words) Known(name string) (text string, ok bool) {
	text, ok = w.text["column."+name]
	return text, ok && !strings.HasSuffix(name, "_id")
}

// Action says what an entry of the log says was done.
func (w Words) Action(name string) string { return w.of("action", name) }

// Operation says what was looked at by an operation of the access log.
func (w Words) Operation(name string) string {
	return cmp.Or(w.text["operation."+name], w.text["operation.other"])
}

// Choice says a fixed value; a code or a name that somebody chose is its own.
func (w Words) Choice(value string) string { return w.of("choice", value) }

// List writes several things in one line, each said by say: with semicolons
// where one of them has parts of its own.
func List[T any](all []T, say func(T) string) string {
	said, between := make([]string, len(all)), ", "
	for i, one := range all {
		if said[i] = say(one); strings.ContainsAny(said[i], ",:(") {
			between = "; "
		}
	}
	return strings.Join(said, between)
}

// Missing names the words that a catalogue needs and this language lacks.
func (w Words) Missing(c privacy.Catalogue) (keys []string) {
	need := func(family, name string) {
		if key := family + "." + name; w.text[key] == "" {
			keys = append(keys, key)
		}
	}
	needAll(need, "group", privacy.Groups())
	needAll(need, "purpose", privacy.Purposes())
	needAll(need, "basis", privacy.Bases())
	needAll(need, "class", privacy.Classes())
	needAll(need, "reader", privacy.Readers())
	needAll(need, "source", privacy.Sources())
	needAll(need, "recipient", privacy.Recipients())
	needAll(need, "kind", privacy.Kinds())
	for _, t := range c {
		if t.Personal() {
			need("table", t.Name)
			need("erasure", string(t.Erase))
			for _, f := range t.Fields {
				need("column", strings.TrimSuffix(f.Column, "_sealed"))
			}
		}
	}
	return keys
}

func needAll[T ~string](need func(family, name string), family string, all []T) {
	for _, one := range all {
		need(family, string(one))
	}
}
