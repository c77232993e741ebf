package evidence

import (
	"regexp"
	"strings"

	"tikklok/ingest/tenant"
)

// documents are the letters by which sources name a preset's own document.
var documents = map[tenant.ProfileName]string{tenant.Nedap: "N", tenant.WinBase: "W", tenant.Direct: "D", tenant.Planning: "P"}

var documentOf = regexp.MustCompile(`^([A-Z])-`)

// Yours gives those of a source's clauses that stand in a contract of a preset:
// of the strictest one, which has no document of its own, all. "" is none: the
// promise is kept all the same.
func Yours(source string, profile tenant.ProfileName) string {
	if profile == tenant.Strict {
		return source
	}
	var own []string
	letter := ""
	for _, clause := range strings.FieldsFunc(source, func(r rune) bool { return r == ',' || r == ';' }) {
		clause = strings.TrimSpace(clause)
		if named := documentOf.FindStringSubmatch(clause); named != nil {
			letter = named[1] // the clauses after it are of the same document
		}
		if letter == documents[profile] {
			own = append(own, clause)
		}
	}
	return strings.Join(own, ", ")
}
