package format

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"
)

// bareNumber gives digits as JSON has numbers: without zeroes in front.
func bareNumber(digits string) json.Number { return json.Number(strings.TrimLeft(digits, "0")) }

// jsonType is a file that is one list, or has a body a line.
func jsonType(s Settings) FileType {
	if s["bodies"] == "each" {
		return FileType{"application/jsonl", "jsonl"}
	}
	return FileType{"application/json", "json"}
}

// newJSONList lists things between open and shut; where each is true, every one
// of them stands between open and shut in a line of its own.
func newJSONList(out io.Writer, open, shut string, each bool) *jsonList {
	return &jsonList{b: bufio.NewWriterSize(out, 64<<10), open: open, shut: shut, each: each}
}

// jsonList is a list on its way into a file.
type jsonList struct {
	b          *bufio.Writer
	open, shut string
	each       bool
	n          int
}

// add writes one more. Failures of the writer show at the end.
func (l *jsonList) add(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	switch {
	case l.each:
		l.b.WriteString(l.open)
	case l.n == 0:
		l.b.WriteString(l.open + "\n")
	default:
		l.b.WriteString(",\n")
	}
	l.b.Write(body)
	if l.each {
		l.b.WriteString(l.shut + "\n")
	}
	l.n++
	return nil
}

func (l *jsonList) end() error {
	if !l.each && l.n == 0 {
		l.b.WriteString(l.open)
	}
	if !l.each {
		l.b.WriteString("\n" + l.shut + "\n")
	}
	return l.b.Flush()
}
