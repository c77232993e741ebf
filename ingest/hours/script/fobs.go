package script

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"tikklok/ingest/hours"
)

// fobLines is what becomes of fobs, and who decides whose their taps are.
var fobLines = []kind{
	{"FOB blocked|lost|returned from 2026-11-10 12:00", regexp.MustCompile(`^(\S+) (blocked|lost|returned) from ` + stampForm + `$`), (*world).ended},
	{"decision 8: WHO assign #3", regexp.MustCompile(`^decision (\d+): (\S+) assign #(\d+)$`), func(w *world, m []string) error {
		return w.decideTap(m[1], m[2], m[3], hours.Decision{Kind: hours.AssignTap})
	}},
	{"decision 9: nobody's is #3", regexp.MustCompile(`^decision (\d+): nobody's is #(\d+)$`), func(w *world, m []string) error {
		return w.decideTap(m[1], "", m[2], hours.Decision{Kind: hours.IgnoreTap})
	}},
	{"decision 10: WHO accept KIND on 2026-11-10", regexp.MustCompile(`^decision (\d+): (\S+) accept ([a-z_:]+) on ` + dayForm + `$`), func(w *world, m []string) error {
		day, err := w.day(m[4])
		if err != nil {
			return err
		}
		return w.decide(m[1], m[2], hours.Decision{Kind: hours.Accept, Day: day, About: hours.ExceptionKind(m[3])})
	}},
	{"2026-11-10 06:00 WHO READER 10000 times every 7s", regexp.MustCompile(`^` + stampForm + ` (\S+) (\w+) (\d+) times every (\d+)s$`), (*world).many},
}

// ended ends whoever holds a fob.
func (w *world) ended(m []string) error {
	at, err := w.millis(m[3])
	if err != nil {
		return err
	}
	as := map[string]hours.ExceptionKind{"blocked": hours.BlockedFob, "lost": hours.LostFob}[m[2]]
	for i, h := range w.fobs[m[1]] {
		if h.From <= at && (h.Until == 0 || h.Until == at) {
			w.fobs[m[1]][i].Until, w.fobs[m[1]][i].Ended = at, as
			return nil
		}
	}
	return fmt.Errorf("nobody holds %s then; write who does first: %s held by WHO", m[1], m[1])
}

// mostRepeats bounds what one line may stand for.
const mostRepeats = 100_000

func (w *world) many(m []string) error {
	n, err1 := strconv.Atoi(m[4])
	every, err2 := strconv.Atoi(m[5])
	if err1 != nil || err2 != nil || n > mostRepeats || every > mostRepeats {
		return fmt.Errorf("at most %d times, every %d seconds", mostRepeats, mostRepeats)
	}
	at, err := w.stamp(m[1])
	if err != nil {
		return err
	}
	for range n {
		if err := w.tap([]string{"", at.In(w.zone).Format("2006-01-02 15:04:05-07"), m[2], m[3], "", "", ""}); err != nil {
			return err
		}
		at = at.Add(time.Duration(every) * time.Second)
	}
	return nil
}

// whose gives who made the i-th tap: by decision, or by who held the fob; and
// who held it just as well.
func (w *world) whose(i int, assigned map[hours.TapID]int64) (who, rival int64) {
	p := w.punches[i]
	if who = assigned[p.Tap]; who != 0 {
		return who, 0
	}
	who, _ = hours.Holder(w.fobs[w.fobOf[i]], p.Whereabouts())
	return who, hours.Rival(w.fobs[w.fobOf[i]], p.Whereabouts())
}

// unheld says what a fob was that nobody held.
func (w *world) unheld(i int) string {
	at := w.punches[i].Whereabouts()
	kind, last := hours.Unheld(w.fobs[w.fobOf[i]], at)
	text := fmt.Sprintf("nobody holds %s at %s", w.fobOf[i], time.UnixMilli(at).In(w.zone).Format("2006-01-02 15:04:05"))
	if kind == hours.BlockedFob || kind == hours.LostFob {
		text += fmt.Sprintf(": %s, last held by %s", kind, w.names[last-1])
	}
	return text + "\n"
}
