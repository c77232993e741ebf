package payroll

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tikklok/ingest/hours"
	"tikklok/ingest/pg"
)

func TestMinutesWorkedAreNotAddedToThoseThatStandBesideThem(t *testing.T) {
	b := newBench(t)
	e := b.employee("17")
	b.approve(e, at(6), "N", 480)
	b.approveKind(e, at(6), "S", hours.LineSupplement, 120) // of the same minutes
	b.approveKind(e, at(7), "N", hours.LineAbsent, 60)
	o := b.destination("Loket")
	b.in(func(tx pg.Tx) error {
		_, err := PutCodes(context.Background(), tx, b.by, o.Destination, map[string]string{"N": "1", "S": "20"})
		return err
	})
	run := b.mustCreate(o)
	want := "[{N  1 1 480 800} {N absent 1 1 60 100} {S supplement 20 1 120 200}]"
	if got := fmt.Sprint(run.Totals.Codes); got != want || run.Totals.Worked() != 480 || fmt.Sprint(run.Totals.Beside()) != "[{absent 60} {supplement 120}]" {
		t.Errorf("totals %s, worked %d, beside %v", got, run.Totals.Worked(), run.Totals.Beside())
	}
	b.in(func(tx pg.Tx) error {
		lines, err := RunLines(context.Background(), tx, run.ID)
		if len(lines) != 3 || lines[1].Kind != hours.LineSupplement || lines[2].Kind != hours.LineAbsent {
			t.Errorf("stored %+v", lines)
		}
		return err
	})
	files, err := filepath.Glob(filepath.Join(b.office.Manifests, "*", "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	body, err := os.ReadFile(files[0])
	var m manifest
	if err != nil || json.Unmarshal(body, &m) != nil || m.Minutes != 480 || len(m.Beside) != 2 {
		t.Errorf("manifest %s: %v", body, err)
	}
}

func TestACodeThatBecameAnotherKindOfLineIsTakenBackAsWhatItWas(t *testing.T) { // I8
	b := newBench(t)
	e := b.employee("17")
	b.approve(e, at(6), "N", 50)
	o := b.destination("Loket")
	b.mustCreate(o)
	b.approve(e, at(6), "N", -50)
	b.approveKind(e, at(6), "N", hours.LineAdded, 50)
	if got := fmt.Sprint(b.mustCreate(o).Totals.Codes); got != "[{N  1 1 -50 -83} {N added 1 1 50 83}]" {
		t.Errorf("totals %s", got)
	}
}

// A manifest of a run without such lines has the bytes that it always had:
// keeping it again after an update is no difference (I8).
func TestAManifestOfMinutesWorkedSaysNothingOfOtherKinds(t *testing.T) {
	body, err := json.Marshal(Run{Totals: Totals{Codes: []CodeTotal{{Code: "N", Minutes: 480}}}}.manifest(1, false))
	if err != nil || !strings.Contains(string(body), `"minutes":480,"void"`) {
		t.Errorf("%s: %v", body, err)
	}
}
