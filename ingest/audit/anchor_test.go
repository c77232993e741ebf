package audit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"tikklok/ingest/audit"
)

func anchorText(t testing.TB, seq int64) string {
	text, err := audit.Anchor{Chain: 1, Seq: seq, At: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAnchorsAreReadFromAmongOtherLines(t *testing.T) {
	text := "From: tikklok\n\n" + anchorText(t, 3) + "\n  " + anchorText(t, 9) + "\nregards\n{\"chain\":1,\"se"
	all, err := audit.ReadAnchors(strings.NewReader(text))
	if err != nil || len(all) != 2 || all[0].Seq != 3 || all[1].Seq != 9 {
		t.Errorf("read %+v, %v", all, err)
	}
}

// Whatever is read as an anchor is written as it was read.
func FuzzReadAnchors(f *testing.F) {
	f.Add([]byte(anchorText(f, 7) + "\n"))
	f.Add([]byte("{}\n{\"chain\":-1}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := audit.ReadAnchors(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, a := range all {
			written, err := a.MarshalText()
			if err != nil {
				t.Fatal(err)
			}
			again, err := audit.ReadAnchors(bytes.NewReader(written))
			if err != nil || len(again) != 1 || fmt.Sprint(again[0]) != fmt.Sprint(a) {
				t.Errorf("%s is read as %+v, %v", written, again, err)
			}
		}
	})
}

func TestAfterARestoreOlderAnchorsCountAndLaterOnesNoMore(t *testing.T) {
	a, b, c := audit.Anchor{Chain: 1, Seq: 3}, audit.Anchor{Chain: 1, Seq: 9}, audit.Anchor{Chain: 2, Seq: 9}
	r := audit.Report{Chain: 1, Seq: 5, Breaks: []audit.Break{{Fault: audit.Unkept, From: 6, To: 9}}}
	x, ok := r.Restore([]audit.Anchor{a, b, c})
	if !ok || x.Chain != 1 || x.After != 3 {
		t.Fatalf("%+v %v", x, ok)
	}
	line, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, one := range []audit.Anchor{a, b, c} {
		said, _ := one.MarshalText()
		text += string(said) + "\n"
	}
	text += string(line) + "\n" + anchorText(t, 7)
	all, err := audit.ReadAnchors(strings.NewReader(text))
	if err != nil || len(all) != 3 || all[0].Seq != 3 || all[1].Chain != 2 || all[2].Seq != 7 {
		t.Errorf("%+v %v", all, err)
	}
	for _, other := range []audit.Fault{audit.CutOff, audit.Altered} {
		r.Breaks = append(r.Breaks[:1], audit.Break{Fault: other})
		if _, ok := r.Restore(nil); ok {
			t.Errorf("%s is taken for a restore", other)
		}
	}
}
