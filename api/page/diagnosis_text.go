package page

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tikklok/ingest/fleet"
)

// Moment is a value of a Message: an instant as seen from another, so that a
// day that is not today is named.
type Moment struct{ Now, At time.Time }

// moment says when it was, or will be; one that is to come is never named by
// its weekday, which would be read as the one before.
func (w *words) moment(m Moment) string {
	if m.At.After(m.Now) && daysBetween(m.Now, m.At) > 0 {
		return w.date(m.At) + ", " + clock(m.At)
	}
	return w.when(m.Now, m.At)
}

// Found says evidence of a diagnosis, in the zone of now (OB-H11).
func Found(e fleet.Evidence, now time.Time) Message {
	values := make([]any, len(e.Values))
	for i, v := range e.Values {
		switch n := v.(type) {
		case time.Time:
			v = momentOf(now, n)
		case int:
			v = strings.Replace(strconv.Itoa(n), "-", "−", 1)
		}
		values[i] = v
	}
	return Say("evidence."+e.Code, values...)
}

func momentOf(now, at time.Time) Moment {
	if at.IsZero() {
		return Moment{Now: now}
	}
	return Moment{now, at.In(now.Location())}
}

// Remedy says what to do about evidence; nothing for what needs nothing.
func Remedy(code string) Message {
	if code == "" {
		return Message{}
	}
	return Say("remedy." + code)
}

// Texts says messages outside of a page, in one language.
type Texts struct{ words *words }

// TextsIn gives the texts in a language.
func TextsIn(language string) (Texts, error) {
	w, err := loadWords(language)
	return Texts{w}, err
}

// Say says a message.
func (t Texts) Say(m Message) (string, error) {
	text, err := t.words.message(m)
	if err != nil {
		return "", fmt.Errorf("say in %s: %w", t.words.lang, err)
	}
	return text, nil
}
