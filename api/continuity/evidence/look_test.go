package evidence

import (
	"testing"
	"time"
)

func TestAMonthThatIsOverShowsWhatWasSeenInIt(t *testing.T) {
	now := day(31).AddDate(0, 1, 0)
	seen := []Finding{{Proof: "a", At: now}, {Proof: "b", At: now, Holds: true, Value: "now"}}
	kept := []glance{
		{at: day(30), program: "v1", seen: map[string]sight{"a": {Holds: true, Value: "1"}}},
		{at: day(31), program: "v2", seen: map[string]sight{"a": {Holds: true, Value: "2"}, "c": {Holds: false}}},
	}
	over := past(seen, kept, true)
	if len(over) != 3 || !over[0].At.Equal(day(31)) || !over[0].Holds || over[0].Value != "2" || over[0].Looks != (Looks{2, 2}) {
		t.Errorf("the last look of the month does not count: %+v", over)
	}
	if over[1].Value != "now" || over[1].Looks != (Looks{}) || over[2].Looks != (Looks{1, 0}) {
		t.Errorf("%+v", over)
	}
	if running := past(seen, kept, false); len(running) != 2 || !running[0].At.Equal(now) || running[0].Holds || running[0].Looks != (Looks{2, 2}) {
		t.Errorf("a month that runs is not as it is now: %+v", running)
	}
	if versionThen(kept, "v3") != "v2" || versionThen(nil, "v3") != "v3" {
		t.Error("the version that ran then is not known")
	}
}

func TestEveryNightSinceThereIsAPlaceAsksForABackup(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour int) time.Time { return time.Date(2026, 10, day, hour, 30, 0, 0, zone) }
	month := Month{time.Date(2026, 10, 1, 0, 0, 0, 0, zone)}
	for name, c := range map[string]struct {
		ended         []time.Time
		since, moment time.Time
		made, due     int
	}{
		"each night":                     {[]time.Time{at(24, 1), at(25, 1), at(26, 1)}, at(23, 15), at(26, 20), 3, 3},
		"two places, one night":          {[]time.Time{at(24, 1), at(24, 2)}, at(23, 15), at(24, 20), 1, 1},
		"one night without":              {[]time.Time{at(24, 1), at(26, 1)}, at(23, 15), at(26, 20), 2, 3},
		"this night's is still to come":  {[]time.Time{at(24, 1), at(25, 1)}, at(23, 15), at(26, 0), 2, 2},
		"made on the day of the place":   {[]time.Time{at(23, 16)}, at(23, 15), at(23, 20), 1, 1},
		"the place is older than it all": {nil, at(1, 0).AddDate(0, -1, 0), at(3, 13), 0, 3},
	} {
		if made, due := nights(c.ended, c.since, month, c.moment, zone); made != c.made || due != c.due {
			t.Errorf("%s: %d of %d", name, made, due)
		}
	}
}
