package plan

import (
	"strings"

	ics "github.com/arran4/golang-ical"
)

// Bounds of a calendar's lines. The library's cost is a line's length times its
// parameters, and unfolding it costs a line's square; so lines are unfolded here,
// and one beyond these is refused before the library sees it.
const (
	maxLine   = 8_000 // bytes, unfolded, of a property that is read
	maxParams = 100   // values of parameters
	maxDepth  = 8     // components within components
)

// property is a content line of a calendar (RFC 5545, 3.1).
type property struct {
	line   int // where it starts
	name   string
	params map[string]string // the first value of each
	value  string            // a TEXT as it was meant
}

// contentLines gives the unfolded lines of a calendar one by one; those whose
// property nobody reads are skipped unread, however long they are.
func contentLines(text string, read func(name string) bool, take func(line int, unfolded string)) {
	for n := 1; text != ""; {
		start := n
		line, rest, _ := strings.Cut(text, "\n")
		n++
		wanted := read(propertyName(line))
		var whole strings.Builder
		whole.WriteString(strings.TrimSuffix(line, "\r"))
		for rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
			line, rest, _ = strings.Cut(rest[1:], "\n")
			n++
			if wanted && whole.Len() <= maxLine {
				whole.WriteString(strings.TrimSuffix(line, "\r"))
			}
		}
		if text = rest; wanted {
			take(start, whole.String())
		}
	}
}

// propertyName gives the name that a line starts with, in capitals.
func propertyName(line string) string {
	end := strings.IndexAny(line, ":;\r")
	if end < 0 {
		end = len(line)
	}
	if end > 40 { // longer than any that is read
		return ""
	}
	return strings.ToUpper(line[:end])
}

// tooLong says whether an unfolded line is beyond the bounds.
func tooLong(text string) bool {
	head := text[:max(0, strings.LastIndexByte(text, ':'))] // the parameters, and more where the value has a colon
	return len(text) > maxLine || strings.Count(head, ";")+strings.Count(head, ",") > maxParams
}

// parseProperty reads an unfolded line within the bounds. ok is false where it
// is none.
func parseProperty(line int, text string) (p property, ok bool) {
	p = property{line: line, name: propertyName(text), params: map[string]string{}}
	parsed, err := ics.ParseProperty(ics.ContentLine(p.name + text[len(p.name):])) // whose names are in capitals
	if err != nil || parsed == nil || parsed.IANAToken != p.name {
		return p, false
	}
	for name, values := range parsed.ICalParameters {
		p.params[strings.ToUpper(name)] = values[0]
	}
	p.value = parsed.Value
	return p, true
}
