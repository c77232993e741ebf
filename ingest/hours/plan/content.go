package plan

import "strings"

// Bounds of a calendar's lines, so that none costs more than its length.
const (
	maxLine   = 8_000 // bytes, unfolded, of a property that is read
	maxParams = 20
	maxDepth  = 8 // components within components
)

// property is a content line of a calendar (RFC 5545, 3.1).
type property struct {
	line   int // where it starts
	name   string
	params map[string]string // the first value of each
	value  string
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

// parseProperty cuts an unfolded line into name, parameters and value. ok is
// false where it is none.
func parseProperty(line int, text string) (p property, ok bool) {
	p = property{line: line, name: propertyName(text), params: map[string]string{}}
	rest := text[len(p.name):]
	for n := 0; strings.HasPrefix(rest, ";"); n++ {
		name, after, found := strings.Cut(rest[1:], "=")
		if !found || n == maxParams {
			return p, false
		}
		value, left, closed := cutParam(after)
		if !closed {
			return p, false
		}
		if name = strings.ToUpper(name); p.params[name] == "" {
			p.params[name] = value
		}
		rest = left
	}
	p.value, ok = strings.CutPrefix(rest, ":")
	return p, ok && p.name != ""
}

// cutParam gives the first value of a parameter, and what follows the last.
func cutParam(text string) (value, rest string, ok bool) {
	for first := true; ; first = false {
		one, end := "", 0
		if strings.HasPrefix(text, `"`) {
			end = strings.IndexByte(text[1:], '"')
			if end < 0 {
				return "", "", false
			}
			one, text = text[1:end+1], text[end+2:]
		} else {
			end = strings.IndexAny(text, ",;:")
			if end < 0 {
				return "", "", false
			}
			one, text = text[:end], text[end:]
		}
		if first {
			value = one
		}
		if !strings.HasPrefix(text, ",") {
			return value, text, text != ""
		}
		text = text[1:]
	}
}

// unescape gives a TEXT value as it was meant (RFC 5545, 3.3.11).
func unescape(text string) string {
	return strings.NewReplacer(`\\`, `\`, `\;`, ";", `\,`, ",", `\n`, "\n", `\N`, "\n").Replace(text)
}
