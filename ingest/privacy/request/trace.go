package request

import (
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"io"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Trace is a place of the database where a value was found.
type Trace struct {
	Table  string `json:"table"`
	Column string `json:"column"`
	Row    string `json:"row"`    // its ctid; of a file in pieces: of the first
	Value  int    `json:"value"`  // which of the values: its index
	Inside string `json:"inside"` // "": plain; else how it was found: base64, a file within
}

// most bounds what is unpacked of one value: what grows beyond is told as
// found, since it cannot be searched.
const most = 1 << 28

// needle is a value as it may be written.
type needle struct {
	value int
	text  []byte // lower case
	how   string
	whole bool // it counts only as a whole word
	quote bool // within JSON it counts only as a string: a number of that size is something else
}

// needles gives the ways in which values may be written: as they are, in JSON,
// HTML and addresses, in base 64 and hexadecimal, in Latin-1 and UTF-16.
func needles(values []string) []needle {
	var out []needle
	for i, v := range values {
		v = strings.ToLower(strings.TrimSpace(v))
		if v == "" {
			continue
		}
		seen := map[string]bool{}
		add := func(text, how string, whole bool) {
			if text != "" && !seen[text] {
				seen[text] = true
				out = append(out, needle{i, []byte(text), how, whole, whole && strings.Trim(v, "0123456789.,") == ""})
			}
		}
		add(v, "", true)
		add(quoted(v, true), "json", true) // as encoding/json writes by default
		add(escaped(quoted(v, true)), "json", true)
		add(escaped(quoted(v, false)), "json", true)
		add(html.EscapeString(v), "html", true)
		add(strings.ToLower(url.QueryEscape(v)), "address", true)
		add(strings.ToLower(url.PathEscape(v)), "address", true)
		add(latin1(v), "latin-1", true)
		if len(v) >= 4 {
			add(wide(v, false), "utf-16", false)
			add(wide(v, true), "utf-16", false)
			add(hex.EncodeToString([]byte(v)), "hexadecimal", false)
			add(hex.EncodeToString([]byte(strings.TrimSpace(values[i]))), "hexadecimal", false)
		}
	}
	return append(out, encoded(values)...)
}

// encoded gives the middle of the base 64 of a value at each of the three
// places where it can begin; capitals matter there, so both usual writings of
// a value are taken.
func encoded(values []string) []needle {
	var out []needle
	for i, v := range values {
		for _, text := range []string{v, strings.ToLower(v)} {
			for shift := range 3 {
				if len(text) < 8 {
					continue
				}
				b := append(make([]byte, shift), text...)
				b = b[:len(b)-len(b)%3]
				e := base64.StdEncoding.EncodeToString(b)
				if shift > 0 {
					e = e[4:]
				}
				out = append(out, needle{i, []byte(strings.ToLower(e)), "base64", false, false})
			}
		}
	}
	return out
}

// quoted is the inside of a JSON string.
func quoted(v string, html bool) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(html)
	if err := e.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(b.String()), `"`), `"`)
}

// escaped writes what is not ASCII as JSON may.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			b.WriteString(`\u` + hex.EncodeToString([]byte{byte(u >> 8), byte(u)}))
		}
	}
	return b.String()
}

func latin1(v string) string {
	var b []byte
	for _, r := range v {
		if r > 0xff {
			return ""
		}
		b = append(b, byte(r))
	}
	return string(b)
}

func wide(v string, big bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(v)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

// find looks for needles in bytes and in what is packed in them.
func find(data []byte, isJSON bool, all []needle, inside string, depth int, found func(n needle, inside string)) {
	low := bytes.ToLower(data)
	if !utf8.Valid(data) {
		low = lowerASCII(data) // ToLower would replace what is not text
	}
	for _, n := range all {
		if n.in(low, isJSON) {
			found(n, strings.TrimPrefix(inside+"/"+n.how, "/"))
		}
	}
	if depth == 0 {
		return
	}
	for _, p := range unpack(data) {
		if p.tooBig {
			found(needle{value: -1}, inside+"/"+p.name+" (too large to search)")
			continue
		}
		find(p.data, false, all, inside+"/"+p.name, depth-1, found)
	}
}

func lowerASCII(data []byte) []byte {
	low := bytes.Clone(data)
	for i, c := range low {
		if 'A' <= c && c <= 'Z' {
			low[i] = c + 'a' - 'A'
		}
	}
	return low
}

// in says whether the value stands in text of lower case.
func (n needle) in(low []byte, isJSON bool) bool {
	for at := 0; ; {
		i := bytes.Index(low[at:], n.text)
		if i < 0 {
			return false
		}
		from, to := at+i, at+i+len(n.text)
		if !n.whole || !wordBefore(low[:from]) && !wordAfter(low[to:]) && (!isJSON || !n.quote || textAround(low, from, to)) {
			return true
		}
		at = from + 1
	}
}

func wordBefore(b []byte) bool { r, _ := utf8.DecodeLastRune(b); return isWord(r) }

func wordAfter(b []byte) bool { r, _ := utf8.DecodeRune(b); return isWord(r) }

func isWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// textAround tells digits within a JSON string from a JSON number: a number is
// followed by a comma or an end, and begins after a colon, a comma or a bracket.
func textAround(low []byte, from, to int) bool {
	before, after := bytes.TrimRight(low[:from], " \n\t-"), bytes.TrimLeft(low[to:], " \n\t")
	return len(before) > 0 && len(after) > 0 && (!bytes.ContainsRune([]byte(":,["), rune(before[len(before)-1])) || !bytes.ContainsRune([]byte(",]}"), rune(after[0])))
}

// packed is something found within bytes.
type packed struct {
	name   string
	data   []byte
	tooBig bool
}

// unpack gives what is packed in bytes: zip (so also xlsx and docx), gzip,
// zlib, bzip2, and the streams of a PDF. What is not packed gives nothing.
func unpack(data []byte) []packed {
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return unzip(data)
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
		if r, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
			return []packed{inflate("gzip", r)}
		}
	case bytes.HasPrefix(data, []byte("BZh")):
		return []packed{inflate("bzip2", bzip2.NewReader(bytes.NewReader(data)))}
	case bytes.HasPrefix(data, []byte("%PDF-")):
		return streams(data)
	case len(data) > 2 && data[0] == 0x78 && (int(data[0])<<8|int(data[1]))%31 == 0:
		if r, err := zlib.NewReader(bytes.NewReader(data)); err == nil {
			return []packed{inflate("zlib", r)}
		}
	}
	return nil
}

func inflate(name string, r io.Reader) packed {
	data, _ := io.ReadAll(io.LimitReader(r, most+1)) // what is damaged is searched as far as it goes
	return packed{name, data, len(data) > most}
}

func unzip(data []byte) []packed {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil
	}
	var out []packed
	for _, f := range z.File {
		out = append(out, packed{name: "name", data: []byte(f.Name)})
		if r, err := f.Open(); err == nil {
			out = append(out, inflate(f.Name, r))
			r.Close()
		}
	}
	return out
}

// streams gives what stands in the streams of a PDF.
func streams(data []byte) []packed {
	var out []packed
	for rest := data; ; {
		_, after, found := bytes.Cut(rest, []byte("stream"))
		if !found {
			return out
		}
		body, next, _ := bytes.Cut(after, []byte("endstream"))
		rest = next
		if r, err := zlib.NewReader(bytes.NewReader(bytes.TrimLeft(body, "\r\n"))); err == nil {
			out = append(out, inflate("pdf", r))
			continue
		}
		if p := inflate("pdf", flate.NewReader(bytes.NewReader(bytes.TrimLeft(body, "\r\n")))); len(p.data) > 0 {
			out = append(out, p)
		}
	}
}
