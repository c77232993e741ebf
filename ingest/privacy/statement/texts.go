package statement

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"tikklok/ingest/privacy/retention"
)

//go:embed text/*.json
var textFiles embed.FS

// texts are the sentences of documents in one language, by key.
type texts map[string]string

func textsOf(language string) (texts, error) {
	raw, err := textFiles.ReadFile("text/" + language + ".json")
	if err != nil {
		return nil, fmt.Errorf("reading the sentences of documents: %w", err)
	}
	t := texts{}
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, fmt.Errorf("reading the sentences of %s: %w", language, err)
	}
	return t, nil
}

// say gives a sentence with {0}, {1}… filled in; with 1 as its first value,
// "key.one" is taken where it exists. A sentence that isn't there is its own
// key, which a test refuses.
func (t texts) say(key string, values ...any) string {
	if len(values) > 0 && fmt.Sprint(values[0]) == "1" && t[key+".one"] != "" {
		key += ".one"
	}
	text, ok := t[key]
	if !ok {
		return key
	}
	places := make([]string, 0, 2*len(values))
	for i, v := range values {
		places = append(places, "{"+strconv.Itoa(i)+"}", fmt.Sprint(v))
	}
	return strings.NewReplacer(places...).Replace(text)
}

// or gives a value, or the sentence for where there is none.
func (t texts) or(value, key string) string {
	if value == "" {
		return t.say(key)
	}
	return value
}

// period writes how long something is kept.
func (t texts) period(p retention.Period) string {
	if p.N == 0 {
		return t.say("period.contract")
	}
	return t.say("period."+string(p.Unit), p.N)
}

// Period writes how long something is kept, in a language that documents are
// written in; "" in another.
func Period(p retention.Period, language string) string {
	t, err := textsOf(language)
	if err != nil {
		return ""
	}
	return t.period(p)
}
