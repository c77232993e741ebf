package gateway

import (
	"math"
	"testing"
	"time"

	"tikklok/gateway/reader"
	"tikklok/gateway/wire"
)

// A line that ends by silence is held back for a while; its bytes may have
// waited before that, because nobody read.
func TestATapOnALineThatEndsBySilenceMayBeAsOldAsItsBytes(t *testing.T) { // I4
	for name, c := range map[string]struct {
		read, brought, held, want uint32
	}{
		"in one read":                   {0, 0, 0, 0},
		"in one read after a pause":     {5000, 0, 0, 5000},
		"held back":                     {0, 0, 80, 80},
		"held back after a pause":       {0, 5000, 80, 5080},
		"a pause while it was held":     {3000, 0, 3100, 3100},
		"kept by a reader overnight":    {0, 0, 50_400_000, 50_400_000},
		"further back than can be told": {0, math.MaxUint32, math.MaxUint32, math.MaxUint32},
	} {
		t.Run(name, func(t *testing.T) {
			p := aPort(t)
			p.read, p.brought = sight{tick: 50_000, gap: c.read}, c.brought
			must(t, p.carry([]reader.Event{reader.Seen{Fob: aFob, Gap: c.held}}))
			parcel, err := p.agent.journal.Take(true, 10)
			must(t, err)
			if got := parcel.Batch.Logs[0].Taps[0].Gap; got != c.want {
				t.Errorf("gap %d ms, want %d", got, c.want)
			}
		})
	}
}

// Every protocol's gap and name reach the journal.
func TestALineEndedBySilenceBringsItsGapToTheJournal(t *testing.T) { // I4
	p := aPort(t)
	s, err := reader.ParseLine(map[string]string{"end": "idle"})
	must(t, err)
	line := reader.NewLine(s)
	at := time.Now()
	if events := line.Bytes(reader.Moment{At: at}, []byte("12345678")); len(events) != 0 {
		t.Fatalf("events %v before the silence", events)
	}
	events := line.Tick(reader.Moment{At: at.Add(400 * time.Millisecond)})
	p.read.tick = 50_000
	must(t, p.carry(events))
	parcel, err := p.agent.journal.Take(true, 10)
	must(t, err)
	tap := parcel.Batch.Logs[0].Taps[0]
	if tap.Gap != 400 || tap.Reader != "door" || tap.Token == (wire.Token{}) {
		t.Errorf("journaled %+v, want a gap of 400 ms at the door", tap)
	}
}

func TestAProtocolHearsForHowLongNobodyRead(t *testing.T) { // I1
	p := aPort(t)
	p.read.tick = p.agent.clock.tick() - 3000
	p.look(p.agent.clock.tick())
	if got := p.moment().Unread; got < 3*time.Second {
		t.Errorf("%v, want the 3 s for which nobody read", got)
	}
}

func TestATapThatWaitedWhileTheMachineSleptMayBeThatOld(t *testing.T) { // I4
	p := aPort(t)
	p.agent.clock.boot -= 36_000_000
	p.read.tick = 1000
	p.look(p.agent.clock.tick())
	if p.read.gap < 36_000_000-1000 {
		t.Errorf("gap %d ms, want the ten hours for which nobody read", p.read.gap)
	}
}
