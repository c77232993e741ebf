package statement

import (
	"embed"

	"tikklok/ingest/press"
	"tikklok/ingest/privacy/retention"
)

//go:embed text/*.json
var textFiles embed.FS

// texts are the sentences of documents in one language.
type texts struct{ press.Words }

func textsOf(language string) (texts, error) {
	w, err := press.WordsOf(textFiles, language)
	return texts{w}, err
}

// or gives a value, or the sentence for where there is none.
func (t texts) or(value, key string) string {
	if value == "" {
		return t.Say(key)
	}
	return value
}

// period writes how long something is kept.
func (t texts) period(p retention.Period) string {
	if p.N == 0 {
		return t.Say("period.contract")
	}
	return t.Say("period."+string(p.Unit), p.N)
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
