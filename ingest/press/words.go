package press

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Words are the sentences of papers in one language, by key.
type Words struct {
	Language string // nl or en
	text     map[string]string
}

// WordsOf reads text/LANGUAGE.json of the files that a room embeds: an object
// of keys and sentences. ErrInvalid: there is none of that language.
func WordsOf(files fs.FS, language string) (Words, error) {
	raw, err := fs.ReadFile(files, "text/"+language+".json")
	if err != nil {
		return Words{}, fmt.Errorf("%w: papers are written in nl or en, not in %q", ErrInvalid, language)
	}
	w := Words{Language: language}
	if err := json.Unmarshal(raw, &w.text); err != nil {
		return Words{}, fmt.Errorf("reading the sentences of papers in %s: %w", language, err)
	}
	return w, nil
}

// Say gives a sentence with {0}, {1}… filled in; with 1 as its first value,
// "key.one" is taken where it exists. A sentence that isn't there is its own
// key, which the rooms' tests refuse.
func (w Words) Say(key string, values ...any) string {
	if len(values) > 0 && fmt.Sprint(values[0]) == "1" && w.text[key+".one"] != "" {
		key += ".one"
	}
	text, ok := w.text[key]
	if !ok {
		return key
	}
	places := make([]string, 0, 2*len(values))
	for i, v := range values {
		places = append(places, "{"+strconv.Itoa(i)+"}", fmt.Sprint(v))
	}
	return strings.NewReplacer(places...).Replace(text)
}

// Differences gives the keys, in order, of which only one of two languages has a
// sentence, or that don't fill the same places.
func Differences(a, b Words) (keys []string) {
	both := map[string]bool{}
	for _, of := range []Words{a, b} {
		for key := range of.text {
			both[key] = true
		}
	}
	for key := range both {
		if !a.Knows(key) || !b.Knows(key) || !slices.Equal(a.places(key), b.places(key)) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

var place = regexp.MustCompile(`\{\d\}`)

// places are those that a sentence fills, each once, in order.
func (w Words) places(key string) []string {
	all := place.FindAllString(w.text[key], -1)
	slices.Sort(all)
	return slices.Compact(all)
}

// Knows says whether there is a sentence of a key.
func (w Words) Knows(key string) bool { return w.text[key] != "" }
