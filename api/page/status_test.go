package page

import (
	"strings"
	"testing"
	"time"
)

func TestTheStatusPageSaysOnlyWhatWasMeasured(t *testing.T) {
	r := renderer(t)
	now := on(13, 14, 12)
	days := []StatusDay{{Date: now.AddDate(0, 0, -2)}, {Date: now.AddDate(0, 0, -1), Measured: 1440, Down: 7}, {Date: now, Measured: 800}}
	for state, words := range map[string]string{"up": "Tikklok works", "down": "Tikklok can&#39;t be reached", "unknown": "Not measured at the moment"} {
		v := &Status{Frame: Frame{Language: "en", Now: now, Path: "/"}, Probe: "home", State: state, At: now.Add(-time.Minute), Since: now.Add(-time.Hour), Tap: "received", Days: days, Minutes: 2240, Down: 7}
		page := rendered(t, r, v)
		if !strings.Contains(page, words) || strings.Count(page, `class="status-none"`) != 1 || !strings.Contains(page, "for 7 minutes") {
			t.Errorf("%s: %s", state, page)
		}
	}
	rendered(t, r, &Status{Frame: Frame{Language: "nl", Now: now, Path: "/"}, Probe: "home", State: "unknown", Days: days[:1]})
}

func TestTheStatusPageSaysWhatWasAnnouncedAndWhoseClockIsAhead(t *testing.T) { // OB-S3
	now := on(20, 22, 30)
	v := &Status{Frame: Frame{Language: "nl", Now: now, Path: "/"}, Probe: "home", State: "down", At: now, Since: now, Tap: "waits", Skew: -90,
		Work: []Announcement{sampleAnnouncement()}, Days: []StatusDay{{Date: now, Measured: 800, Down: 1}}, Minutes: 1, Down: 1}
	page := rendered(t, renderer(t), v)
	for _, words := range []string{"Nieuwe database", "Overzichten zijn daarna sneller.", "Er is nu aangekondigd onderhoud.", "De klok van het meetpunt loopt 90 seconden voor", "1 minuut niet bereikbaar", "1 minuut gemeten"} {
		if !strings.Contains(page, words) {
			t.Errorf("it doesn't say %q: %s", words, page)
		}
	}
	if strings.Count(page, "Nieuwe database") != 1 {
		t.Error("the work stands there twice")
	}
}
