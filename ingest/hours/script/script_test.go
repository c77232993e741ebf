package script

import (
	"strings"
	"testing"
)

func TestALineThatIsWrongIsNamedWithWhatItCouldBe(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "case.txt is empty; write taps"},
		{"== a\nBakker came at eight\n", `case.txt:2: "Bakker came at eight": not understood; a line is one of` + "\n  2026-11-10 07:58:10 WHO READER"},
		{"2026-11-10 07:58 Bakker door\n", "no reader door; there are annex, canteen"},
		{"2026-11-10 07:98 Bakker hall\n", `"2026-11-10 07:98" is no time; write 2026-11-10 07:58`},
		{"2026-02-30 07:58 Bakker hall\n", "is no time"},
		{"decision 1: Bakker ignore #1\n", "no tap #1; taps are counted from #1 as they stand in the scenario, 0 so far"},
		{"# a remark\n\nzone Europe/Delft\n", "case.txt:3:"},
		{"Bakker employed from 2026-02-30\n", "2026-02-30"},
		{`rules {"round": 5}`, `unknown field "round"`},
		{"2026-11-10 07:58 Bakker hall\nrules {\"longest_shift\": 1}\n=>\n", "longest_shift is 1"},
		{"2026-11-10 07:58 Bakker hall\n=>\nBakker\n=>\n", `case.txt:4: a second "=>"; put a line "+"`},
	} {
		if _, err := run(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

func TestADifferenceShowsTheLinesThatDiffer(t *testing.T) {
	got, err := run("2026-11-10 08:00 Bakker hall\n2026-11-10 12:00 Bakker hall\n=>\nBakker 2026-11-10 4:00\n  08:00:00 in hall\n  12:00:00 out gate\n  = 08:00 → 12:00  4:00\n  = code 100  4:00\n")
	want := "  Bakker 2026-11-10 4:00\n    08:00:00 in hall\n-   12:00:00 out gate\n+   12:00:00 out hall\n    = 08:00 → 12:00  4:00\n    = code 100  4:00\n"
	if err != nil || len(got[0].Differs) != 1 || got[0].Differs[0].String() != want || got[0].Differs[0].Line != 3 {
		t.Errorf("%v, %+v", err, got)
	}
}

// run runs all scenarios of a text.
func run(text string) (out []Result, err error) {
	f, err := Parse("case.txt", text)
	if err != nil {
		return nil, err
	}
	for _, s := range f.Scenarios {
		r, err := s.Run(f.Name)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// Whatever is written, it is run or refused; what was written with its outcome
// comes out again.
func FuzzScript(f *testing.F) {
	for _, text := range []string{
		"== a\n2026-11-10 07:58:10 Bakker hall ±45s\nfob7 held by Bakker from 2026-11-01 00:00 until 2026-11-10 12:00\nnow 2026-11-10 12:00\n=>\n+\ndecision 1: Bakker add out 2026-11-10 16:30\n=>\n",
		"zone America/New_York\n2026-10-25 02:30+01 Bakker hall unknown arrived 2026-11-12 09:00\nrules from 2026-11-09 {\"rounding\": 5}\nBakker employed until 2026-11-10\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := run(text)
		if err != nil {
			return
		}
		var all []string
		for _, r := range first {
			all = append(all, r.Text)
		}
		again, err := run(strings.Join(all, "\n"))
		if err != nil {
			t.Fatalf("what came out is refused: %v", err)
		}
		for i, r := range again {
			if len(r.Differs) > 0 || len(again) != len(first) {
				t.Errorf("scenario %d differs from itself: %s", i, r.Differs[0])
			}
		}
	})
}
