package format

import (
	"bufio"
	"encoding/xml"
)

// xmlWriter writes elements, indented. Its texts are UTF-8 that checkText took;
// names of elements and attributes are its caller's own.
type xmlWriter struct {
	b     *bufio.Writer
	depth int
	empty bool // nothing stands yet in the element opened last
}

func (x *xmlWriter) start() { x.b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>`) }

// open starts an element with attributes: name, value, name, value.
func (x *xmlWriter) open(name string, attributes ...string) {
	x.line()
	x.tag(name, attributes)
	x.depth++
	x.empty = true
}

func (x *xmlWriter) close(name string) {
	x.depth--
	if !x.empty {
		x.line()
	}
	x.end(name)
	x.empty = false
	if x.depth == 0 {
		x.b.WriteByte('\n')
	}
}

// text writes an element that holds a text.
func (x *xmlWriter) text(name, text string, attributes ...string) {
	x.line()
	x.tag(name, attributes)
	x.escape(text)
	x.end(name)
	x.empty = false
}

// id writes an EntityIdType.
func (x *xmlWriter) id(name, owner, value string) {
	x.open(name, "idOwner", owner)
	x.text("IdValue", value)
	x.close(name)
}

func (x *xmlWriter) line() {
	x.b.WriteByte('\n')
	for range x.depth {
		x.b.WriteString("  ")
	}
}

func (x *xmlWriter) tag(name string, attributes []string) {
	x.b.WriteByte('<')
	x.b.WriteString(name)
	for i := 0; i+1 < len(attributes); i += 2 {
		x.b.WriteByte(' ')
		x.b.WriteString(attributes[i])
		x.b.WriteString(`="`)
		x.escape(attributes[i+1])
		x.b.WriteByte('"')
	}
	x.b.WriteByte('>')
}

func (x *xmlWriter) end(name string) {
	x.b.WriteString("</")
	x.b.WriteString(name)
	x.b.WriteByte('>')
}

// escape leaves a failure of the writer to its Flush.
func (x *xmlWriter) escape(s string) { _ = xml.EscapeText(x.b, []byte(s)) }
