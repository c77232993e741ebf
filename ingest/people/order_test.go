package people_test

import (
	"slices"
	"testing"

	"tikklok/ingest/people"
)

func TestNamesStandWhereDutchPeopleLookForThem(t *testing.T) {
	want := []people.Name{
		{Surname: "Aydın", FirstName: "Selin"},
		{Surname: "Bakker", FirstName: "Joris"},
		{Surname: "van den Berg", FirstName: "Fleur"},
		{Surname: "Van den Berg", FirstName: "Gijs"},
		{Surname: "Berg", FirstName: "Hanna"},
		{Surname: "de Boer", FirstName: "Sanne"},
		{Surname: "Bos", FirstName: "Thijs"},
		{Surname: "Çelik", FirstName: "Emre"},
		{Surname: "Dekker", FirstName: "Julia"},
		{Surname: "van Dijk", FirstName: "Sem"},
		{Surname: "van 't Hof", FirstName: "Bo"},
		{Surname: "d’Hondt", FirstName: "An"},
		{Surname: "Kowalska", FirstName: "Zofia"},
		{Surname: "Łukasik", FirstName: "Ania"},
		{Surname: "Muller", FirstName: "A"},
		{Surname: "Muller", FirstName: "B"},
		{Surname: "Müller", FirstName: "A"},
		{Surname: "Smit", FirstName: "Lars", Number: "1"},
		{Surname: "Smit", FirstName: "Lars", Number: "2"},
		{Surname: "Van"},
		{Surname: "in 't Veld", FirstName: "Kim"},
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	people.SortByName(got, func(n people.Name) people.Name { return n })
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("place %d: %v, want %v; all: %v", i, got[i], want[i], got)
		}
	}
}

func TestSearchingForgivesCapitalsAndSigns(t *testing.T) {
	for _, c := range []struct {
		sought, in string
		found      bool
	}{
		{"celik", "Çelik", true}, {"lukasik", "Łukasik", true}, {"MÜL", "Muller", true}, {"berg, fl", "van den Berg, Fleur", true},
		{"", "Bos", true}, {"  ", "Bos", true}, {"bost", "Bos", false}, {"(", "Bos", false}, {"104", "10458", true},
	} {
		if people.Found(c.sought, "-", c.in) != c.found {
			t.Errorf("%q in %q: want %t", c.sought, c.in, c.found)
		}
	}
}
