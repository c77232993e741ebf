package payroll

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func faultLines(faults CodeFaults) (all []string) {
	for _, f := range faults {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%d %s %s %s", f.Line, f.Code, f.Kind, f.Other)))
	}
	return all
}

func TestACodeMapOfAFileIsRefusedByLine(t *testing.T) {
	ours := []string{"100", "125", "150", "200"}
	for _, c := range []struct {
		name, file string
		want       []string
	}{
		{"in order", "code;component\n100;1\n125;28\n", nil},
		{"in Dutch, with what it means", "Onze code;Code van het pakket;Betekenis\n100;1;gewone uren\n", nil},
		{"with commas", "code,component\n100,1\n", nil},
		{"with tabs", "code\tcomponent\n100\t1\n", nil},
		{"two codes, one component", "code;component\n100;1\n125;1\n", nil},
		{"a code that is called as we call it", "code;component\n100;100\n125;125\n", nil},
		{"a chain that ends", "code;component\n100;125\n125;150\n150;9\n", nil},
		{"unmapped", "code;component\n100;\n", nil},
		{"blank lines", "code;component\n\n;;\n100;1\n", nil},
		{"nothing", "", []string{"1  empty"}},
		{"no header", "100;1\n", []string{"1  columns 100", "1  columns 1", "1  columns code", "1  columns component"}},
		{"a column twice", "code;code;component\n", []string{"1  columns code"}},
		{"a column of citizen numbers", "code;component;Burgerservicenummer\n100;1;x\n", []string{"1  forbidden burgerservicenummer"}},
		{"a short line", "code;component\n100\n125;2\n", []string{"2  short"}},
		{"no code", "code;component\n;7\n", []string{"2  code"}},
		{"a code twice", "code;component\n100;1\n125;2\n100;3\n", []string{"4 100 twice 2"}},
		{"a code that is not ours", "code;component\n100;1\n999;2\n", []string{"3 999 unknown"}},
		{"exchanged", "code;component\n125;7\n150;100\n100;150\n", []string{"4 100 cycle 100 → 150 → 100"}},
		{"round three", "code;component\n100;125\n125;150\n150;100\n", []string{"2 100 cycle 100 → 125 → 150 → 100"}},
		{"a character that no file carries", "code;component\n100;1\n125;a\x00b\n", []string{"3 125 component"}},
		{"a broken quotation mark", "code;component\n100;\"1\n", []string{"2  unreadable"}},
		{"too long", "code;component\n100;" + strings.Repeat("x", 61) + "\n", []string{"2 100 component"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, faults := ReadCodes(strings.NewReader(c.file))
			_, more := CodesOf(Destination{Format: "csv"}, rows, ours)
			if got := faultLines(append(faults, more...)); !slices.EqualFunc(got, c.want, func(a, b string) bool {
				return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
			}) {
				t.Errorf("faults %q, want %q", got, c.want)
			}
		})
	}
}

func TestEveryFaultOfAMapNamesItsCodeAndCanBeBranchedOn(t *testing.T) {
	err := error(CodeFaults{{Line: 3, Code: "100", Kind: FaultTwice, Err: errors.New("the code stands on line 2 already")}})
	var fault CodeFault
	if !errors.Is(err, ErrInvalid) || !errors.As(err, &fault) || fault.Code != "100" {
		t.Fatalf("%v is not ErrInvalid with its fault", err)
	}
	if want := "not valid: line 3, code 100: the code stands on line 2 already"; err.Error() != want {
		t.Errorf("says %q, want %q", err, want)
	}
}

func TestMapChangesSayWhatBecameOfEachCode(t *testing.T) {
	got := MapChanges(map[string]string{"100": "1", "125": "2", "150": "3"}, map[string]string{"100": "1", "125": "9", "200": "4"})
	want := []MapChange{{"125", "2", "9"}, {"150", "3", ""}, {"200", "", "4"}}
	if !slices.Equal(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
}

func FuzzACodeMapComesBackFromItsFile(f *testing.F) {
	f.Add("100", "1", "=cmd|' /C calc'!A0", "'")
	f.Add("Zulage Müller", "ÉÉ;\"1\"", "-1", "''=")
	f.Fuzz(func(t *testing.T, code1, component1, code2, component2 string) {
		want := map[string]string{}
		for code, component := range map[string]string{code1: component1, code2: component2} {
			if armed(defused(code)) == code && armed(defused(component)) == component && code != "" && plainText(code) && plainText(component) {
				want[code] = component
			}
		}
		var rows []CodeRow
		for _, code := range slices.Sorted(maps.Keys(want)) {
			rows = append(rows, CodeRow{Code: code, Component: want[code], Meaning: component1})
		}
		var file bytes.Buffer
		if err := WriteCodes(&file, rows); err != nil {
			t.Fatal(err)
		}
		back, faults := ReadCodes(&file)
		got := map[string]string{}
		for _, r := range back {
			got[r.Code] = r.Component
		}
		if len(faults) > 0 || !maps.Equal(got, want) {
			t.Errorf("came back as %q with %v, want %q", got, faults, want)
		}
	})
}

// plainText is what a map can hold: valid, and without line ends that CSV
// readers make one of.
func plainText(s string) bool {
	return strings.ToValidUTF8(s, "") == s && strings.TrimSpace(s) == s && !strings.Contains(s, "\r")
}
