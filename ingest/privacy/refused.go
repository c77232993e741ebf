package privacy

import (
	"strings"
	"unicode/utf8"
)

// Refused says why something is not written down in a register: what people
// typed, which they can mend.
type Refused struct {
	Field string // the form's; "": the whole
	Why   string // a word: pages have their own text for it
	text  string
}

// Refuse refuses a field with a word for pages, and the remedy in a text for
// whoever has none.
func Refuse(field, why, text string) *Refused { return &Refused{field, why, text} }

// Error names the field and the remedy.
func (r *Refused) Error() string {
	if r.Field == "" {
		return r.text
	}
	return r.Field + ": " + r.text
}

// TooLong says whether a text has more characters than a limit, or can't be
// kept as text.
func TooLong(text string, limit int) bool {
	return !utf8.ValidString(text) || utf8.RuneCountInString(text) > limit || strings.ContainsRune(text, 0)
}
