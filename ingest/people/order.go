package people

import (
	"slices"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/search"
)

// Name is what a person is listed by.
type Name struct{ Surname, FirstName, Number string }

// SortByName puts a list in the order in which Dutch people look somebody up:
// by surname without the prefixes before it, letters with signs beside those
// without, then by first name, the prefixes, and the number.
func SortByName[T any](list []T, name func(T) Name) {
	type keyed struct {
		keys [4][]byte
		of   T
	}
	c, buffer := collate.New(language.Dutch), &collate.Buffer{}
	all := make([]keyed, len(list))
	for i, one := range list {
		n := name(one)
		prefixes, core := parts(n.Surname)
		all[i].of = one
		for k, text := range [...]string{core, n.FirstName, prefixes, n.Number} {
			all[i].keys[k] = c.KeyFromString(buffer, text)
		}
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		return slices.CompareFunc(a.keys[:], b.keys[:], slices.Compare)
	})
	for i := range all {
		list[i] = all[i].of
	}
}

// parts splits a surname into the prefixes before it and the rest, which is
// never empty: "van den Berg" → "van den", "Berg".
func parts(surname string) (prefixes, core string) {
	words := strings.Fields(strings.ReplaceAll(surname, "’", "'"))
	n := 0
	for n < len(words)-1 && slices.Contains(surnamePrefixes(), strings.ToLower(words[n])) {
		n++
	}
	core = strings.Join(words[n:], " ")
	for _, joined := range []string{"d'", "l'", "'s-", "'t-"} { // written to the name itself: d'Hondt
		if rest, ok := strings.CutPrefix(strings.ToLower(core), joined); ok && rest != "" {
			return strings.Join(words[:n], " ") + joined, core[len(joined):]
		}
	}
	return strings.Join(words[:n], " "), core
}

// surnamePrefixes are single words of the Dutch register's table of prefixes
// (Landelijke Tabel 36, Voorvoegsels), as far as they are no names themselves.
func surnamePrefixes() []string {
	return []string{
		"'s", "'t", "aan", "af", "am", "auf", "aus", "bij", "boven", "d'", "da", "dal", "de", "degli", "dei", "del", "della", "den", "der",
		"des", "di", "do", "don", "dos", "du", "het", "im", "in", "l'", "la", "las", "le", "les", "lo", "los", "met", "onder", "op", "over",
		"te", "ten", "ter", "to", "toe", "tot", "uijt", "uit", "unter", "van", "vande", "vanden", "vander", "ver", "vom", "von", "voor",
		"zu", "zum", "zur",
	}
}

// Found says whether one of the texts holds what is searched for, whatever
// its capitals and signs: "celik" finds Çelik.
func Found(sought string, in ...string) bool {
	if sought = strings.TrimSpace(sought); sought == "" {
		return true
	}
	pattern := search.New(language.Dutch, search.Loose).CompileString(sought)
	return slices.ContainsFunc(in, func(text string) bool {
		start, _ := pattern.IndexString(text)
		return start >= 0
	})
}
