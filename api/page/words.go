package page

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tikklok/ingest/privacy/wording"
)

const fallbackLanguage = "nl"

// Languages are those in which every page can be read.
func Languages() []string { return []string{"nl", "en"} }

// OwnLanguages are those of the pages that an employee sees: of their own
// hours, the door, and what went wrong. The pages of the office have no words
// in the others, and are never shown half translated.
func OwnLanguages() []string { return []string{"nl", "en", "pl", "de", "ro"} }

//go:embed text/*/*.json
var textFiles embed.FS

// Message is something to say in the reader's language: a key of the
// catalogue and its values. Values may be string, int, int64, Message,
// Minutes, Clock, Date, Moment, Weekday, Month, Whole, Share or Parts.
type Message struct {
	Key    string
	Values []any
}

// Parts is a value of a Message: several, with commas between them.
type Parts []Message

// Say makes a Message.
func Say(key string, values ...any) Message { return Message{key, values} }

// Plain is a text that has no translation: a name, or what a person typed.
func Plain(text string) Message { return Message{"plain", []any{text}} }

// words is one language's catalogue.
type words struct {
	lang string
	text map[string]string
}

// loadWords reads all files of a language; a key stands in one of them.
func loadWords(lang string) (*words, error) {
	files, err := fs.Glob(textFiles, "text/"+lang+"/*.json")
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no messages of %s: %w", lang, err)
	}
	w := &words{lang: lang, text: map[string]string{}}
	if slices.Contains(wording.Languages(), lang) {
		said, err := wording.In(lang)
		if err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
		maps.Copy(w.text, said.Actions())
	}
	for _, file := range files {
		raw, err := textFiles.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
		var text map[string]string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, fmt.Errorf("read messages of %s: %w", file, err)
		}
		for key, value := range text {
			if _, twice := w.text[key]; twice {
				return nil, fmt.Errorf("message %q stands in %s and in another file", key, file)
			}
			w.text[key] = value
		}
	}
	return w, nil
}

// say is the catalogue's text with its places {0}, {1}… filled. With 1 as its
// first value, "key.one" is taken where it exists.
func (w *words) say(key string, values ...any) (string, error) {
	if len(values) > 0 && fmt.Sprint(values[0]) == "1" {
		if _, ok := w.text[key+".one"]; ok {
			key += ".one"
		}
	}
	text, ok := w.text[key]
	if !ok {
		return "", fmt.Errorf("no text %q in %s", key, w.lang)
	}
	places := make([]string, 0, 2*len(values))
	for i, v := range values {
		said, err := w.value(v)
		if err != nil {
			return "", err
		}
		places = append(places, "{"+strconv.Itoa(i)+"}", said)
	}
	return strings.NewReplacer(places...).Replace(text), nil
}

func (w *words) message(m Message) (string, error) {
	if m.Key == "" {
		return "", nil
	}
	return w.say(m.Key, m.Values...)
}

// or says prefix.name, and prefix.other where there is no such text, so that a
// kind that was added elsewhere is never an error here.
func (w *words) or(prefix, name string) (string, error) {
	if text, ok := w.text[prefix+"."+name]; ok {
		return text, nil
	}
	return w.say(prefix+".other", name)
}

// maybe says prefix.name; "" where there is no such text.
func (w *words) maybe(prefix, name string) string { return w.text[prefix+"."+name] }

// choice says what a setting's value means, there or in any setting; a value
// without words is its own.
func (w *words) choice(setting, value string) string {
	return cmp.Or(w.maybe("choice", setting+"."+value), w.maybe("choice.any", value), value)
}

func (w *words) value(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case Message:
		return w.message(v)
	case Parts:
		said := make([]string, len(v))
		for i, part := range v {
			var err error
			if said[i], err = w.message(part); err != nil {
				return "", err
			}
		}
		return strings.Join(said, ", "), nil
	case Minutes:
		return hours(int(v)), nil
	case Clock:
		return clock(time.Time(v)), nil
	case Weekday:
		return w.weekdayShort(time.Time(v)), nil
	case Date:
		return w.dayMonth(time.Time(v)), nil
	case Moment:
		return w.moment(v), nil
	case Month:
		return w.month(time.Time(v)), nil
	case Whole:
		return w.number(int64(v)), nil
	case Share:
		return w.share(v), nil
	}
	return fmt.Sprint(v), nil
}
