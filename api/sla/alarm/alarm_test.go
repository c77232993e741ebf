package alarm

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tikklok/api/sla/notice"
	"tikklok/ingest/people"
	"tikklok/ingest/press/presstest"
)

var zero = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// run plays a script: on each line a moment (of a day whose clock is UTC), what
// is wrong ("a", "a(30m)" with a time to settle, "a?" for what could not be
// looked at, "a*" for what is quiet), and behind > what came of it: + begun,
// - over, = a letter about what lasts.
func run(t *testing.T, script string) {
	t.Helper()
	var known []Alarm
	for line := range strings.Lines(strings.TrimSpace(script)) {
		given, want, _ := strings.Cut(strings.TrimSpace(line), ">")
		fields := strings.Fields(given)
		day, clock, _ := strings.Cut(fields[0], "T")
		var n int
		if _, err := fmt.Sscan(day, &n); err != nil {
			t.Fatal(line, err)
		}
		at, err := time.Parse("15:04", clock)
		if err != nil {
			t.Fatal(line, err)
		}
		now := time.Date(2026, 11, n, at.Hour(), at.Minute(), 0, 0, time.UTC)
		var turn Turn
		known, turn = Step(known, lookOf(t, fields[1:]), now)
		if got := said(turn); got != strings.TrimSpace(want) {
			t.Errorf("%s: %q, want %q", fields[0], got, strings.TrimSpace(want))
		}
	}
}

func lookOf(t *testing.T, fields []string) (l Look) {
	for _, f := range fields {
		if key, blind := strings.CutSuffix(f, "?"); blind {
			l.Blind = append(l.Blind, key)
			continue
		}
		key, settle, _ := strings.Cut(strings.TrimSuffix(f, ")"), "(")
		s := Signal{Key: strings.TrimSuffix(key, "*"), NL: "nl", EN: "en", Quiet: strings.HasSuffix(key, "*")}
		if settle != "" {
			var err error
			if s.Settle, err = time.ParseDuration(settle); err != nil {
				t.Fatal(err)
			}
		}
		l.Signals = append(l.Signals, s)
	}
	return l
}

func said(t Turn) string {
	var out []string
	for sign, all := range map[string][]Alarm{"+": t.Begun, "-": t.Over} {
		for _, a := range all {
			out = append(out, sign+a.Key)
		}
	}
	if t.Tell && len(t.Begun)+len(t.Over) == 0 {
		out = append(out, "=")
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestAnAlarmIsToldOnceWhenItBeginsDailyAndWhenItIsOver(t *testing.T) {
	run(t, `
		22T09:00 a > +a
		22T09:01 a >
		23T08:59 a >
		23T09:00 a > =
		23T12:00   >
		23T12:14   >
		23T12:15   > -a
		23T13:00   >`)
}

func TestWhatPassesByWithinItsTimeIsNotTold(t *testing.T) {
	run(t, `
		22T09:00 a(30m) >
		22T09:20        >
		22T09:40        >
		22T10:00 a(30m) >
		22T10:29 a(30m) >
		22T10:30 a(30m) > +a`)
}

func TestWhatComesAndGoesIsOneAlarm(t *testing.T) {
	run(t, `
		22T09:00 a(10m) >
		22T09:05        >
		22T09:10 a(10m) > +a
		22T09:12        >
		22T09:20 a(10m) >
		22T09:25        >
		22T09:39        >
		22T09:40        > -a`)
}

func TestWhatNobodyCouldLookAtHasNeitherBegunNorEnded(t *testing.T) {
	run(t, `
		22T09:00 a b(5m) > +a
		22T09:01         >
		22T09:10 a? b?   >
		22T11:00 a? b?   >
		22T11:01         >
		22T11:15 a?      >
		22T11:16         >
		22T11:31         > -a`)
}

func TestALetterIsTheWholeListSoThatOneADayIsEnough(t *testing.T) {
	run(t, `
		22T09:00 a   > +a
		22T15:00 a b > +b
		23T09:00 a b >
		23T15:00 a b > =
		23T15:01 a b >`)
}

func TestOfWhatIsQuietNoLetterTells(t *testing.T) {
	var known []Alarm
	for _, at := range []time.Duration{0, 25 * time.Hour} {
		var turn Turn
		known, turn = Step(known, lookOf(t, []string{"a*"}), zero.Add(at))
		if turn.Tell {
			t.Errorf("after %s a letter is due", at)
		}
	}
	if len(known) != 1 || known[0].Told.IsZero() {
		t.Errorf("the list is %+v", known)
	}
	known, _ = Step(known, Look{}, zero.Add(26*time.Hour))
	if _, turn := Step(known, Look{}, zero.Add(27*time.Hour)); turn.Tell || len(turn.Over) != 1 {
		t.Errorf("when it is over: %+v", turn)
	}
}

func TestAClockThatWasSetBackSilencesNothing(t *testing.T) {
	run(t, `
		22T09:00 a   > +a
		21T09:00 a   > =
		21T09:01     >
		20T09:00     > -a
		20T09:16 b(1h) >
		19T09:00 b(1h) > +b`)
}

func TestAClockThatGoesBackALittleHurriesNothing(t *testing.T) { // as of two servers that disagree by seconds
	run(t, `
		22T09:00 a b(30m) > +a
		22T09:20   b(30m) >
		22T09:18   b(30m) >
		22T09:34   b(30m) > +b
		22T09:35   b(30m) > -a`)
}

func TestWhatWasWrittenDownIsNotMovedByTheClock(t *testing.T) {
	wrong := Look{Signals: []Signal{{Key: "a", NL: "nl", EN: "en"}}}
	known, _ := Step(nil, wrong, zero)
	for _, now := range []time.Time{zero.AddDate(-1, 0, 0), zero.Add(-time.Hour), zero.Add(time.Hour)} {
		if known, _ = Step(known, wrong, now); !known[0].Since.Equal(zero) {
			t.Errorf("at %s it is wrong since %s, not since %s", now, known[0].Since, zero)
		}
	}
	cleared := zero.Add(time.Hour)
	known, _ = Step(known, Look{}, cleared)
	if known, _ = Step(known, Look{}, zero.Add(55*time.Minute)); !known[0].Clear.Equal(cleared) {
		t.Errorf("it is not seen since %s, and not since %s", known[0].Clear, cleared)
	}
}

func TestALetterNamesWhatBeganWhatIsOverAndWhatLasts(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	alarm := func(key, nl, en string) Alarm {
		return Alarm{Key: key, NL: nl, EN: en, Since: zero, Clear: zero.Add(time.Hour)}
	}
	turn := Turn{Begun: []Alarm{alarm("backup near full", "Plaats vol. Maak ruimte.", "Place\nfull. Make room.")}, Over: []Alarm{alarm("probe a", "Stil.", "Silent.")}, Lasts: []Alarm{alarm("ports", "Open.", "Open."), {Key: "quiet", NL: "q", EN: "q", Quiet: true}}}
	for language, want := range map[string]string{
		"nl": "Tikklok-alarm: Plaats vol (+2)|Nieuw:\n\n- Plaats vol. Maak ruimte. (sinds 22-11-2026 10:00 CET; backup near full)\n\nVoorbij:\n\n- Stil. (sinds 22-11-2026 10:00 CET tot 22-11-2026 11:00 CET; probe a)\n\nDuurt nog voort:\n\n- Open. (sinds 22-11-2026 10:00 CET; ports)\n",
		"en": "Tikklok alarm: Place full (+2)|New:\n\n- Place\nfull. Make room. (since 22 November 2026 10:00 CET; backup near full)\n",
	} {
		subject, body, err := turn.Letter(language, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := subject + "|" + body; !strings.HasPrefix(got, want) || strings.Contains(got, "q (") {
			t.Errorf("%s: %s", language, got)
		}
	}
}

func TestALetterOfManyAlarmsStaysALetter(t *testing.T) {
	var turn Turn
	for i := range 3000 {
		turn.Begun = append(turn.Begun, Alarm{Key: fmt.Sprintf("incident %d late", i), NL: strings.Repeat("é", 500), EN: strings.Repeat("x", 500)})
	}
	subject, body, err := turn.Letter("nl", time.UTC)
	if err != nil || len([]rune(body)) > 20000 || len([]rune(subject)) > 200 || !strings.Contains(body, "en 2980 andere") {
		t.Errorf("%d characters under %q", len([]rune(body)), subject)
	}
}

func TestOpenAdministratorsWithAnAddressAreToldEachInTheirLanguage(t *testing.T) {
	admin := func(id int64, email, language string) people.Account {
		return people.Account{ID: id, Email: email, Language: language, Roles: []people.Role{people.Administrator}}
	}
	closed := admin(3, "gone@example.com", "nl")
	closed.Closed = &zero
	approver := people.Account{ID: 5, Email: "ann@example.com", Language: "nl", Roles: []people.Role{people.Approver}}
	turn := Turn{Begun: []Alarm{{Key: "a", NL: "Nederlands", EN: "English"}}}
	c := notice.Customer{Zone: time.UTC, Fallback: people.Account{Email: "office@example.com", Language: "nl"},
		Accounts: []people.Account{admin(1, "eva@example.com", "nl"), admin(2, "jan@example.com", "pl"), closed, admin(4, "no address", "nl"), approver}}
	got, err := letters(turn, c, zero)
	if err != nil || len(got) != 2 || got[0].Account != 1 || got[1].Account != 2 || !strings.Contains(got[0].Body, "Nederlands") || !strings.Contains(got[1].Body, "English") {
		t.Errorf("letters are %+v", got)
	}
	c.Accounts = c.Accounts[2:] // none of whom can be reached
	got, err = letters(turn, c, zero)
	if err != nil || len(got) != 1 || got[0].To != "office@example.com" || got[0].Account != 0 { // OB-H13
		t.Errorf("with nobody to reach, letters are %+v", got)
	}
}

func TestLettersSayTheSameInBothLanguages(t *testing.T) { presstest.SayTheSame(t, texts) }
