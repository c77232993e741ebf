package main

import (
	"testing"

	"tikklok/ingest/privacy"
	"tikklok/ingest/privacy/retention"
)

func TestEveryTableAboutPeopleEndsOrSaysWhyItStays(t *testing.T) { // OB-P3
	removed, kept := retention.Removes(), retention.Kept()
	for _, table := range catalogue() {
		class, goes := removed[table.Name]
		_, stays := kept[table.Name]
		delete(removed, table.Name)
		delete(kept, table.Name)
		switch {
		case goes && stays:
			t.Errorf("%s goes and says why it stays", table.Name)
		case goes && table.Personal() && class != table.Class:
			t.Errorf("%s goes as %s and is declared as %s", table.Name, class, table.Class)
		case !goes && !stays && table.Personal() && table.Class != privacy.Lasting:
			t.Errorf("%s is kept as %s: give retention a step for it, or say in retention.Kept why it stays", table.Name, table.Class)
		}
	}
	for name := range removed {
		t.Errorf("retention removes from %s, which is no table", name)
	}
	for name, why := range kept {
		t.Errorf("%s, which stays because it %s, is no table", name, why)
	}
}
