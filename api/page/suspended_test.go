package page

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// openPages are those of api's openWhileSuspended that people look at, by the
// names of their views.
var openPages = []string{"access", "breach", "breaches", "document-page", "documents", "ending", "incident", "incidents", "me-data", "me-privacy", "privacy", "requests", "security"}

// answering is where their links may lead; forms follow what the handlers say.
var answering = regexp.MustCompile(`^(#|tel:|mailto:|/assets/|/(\.well-known/security\.txt|security|me/data|me/privacy(/file)?|privacy(/breaches(/\d+(/notice)?)?|/documents(/[a-z]+(/file)?)?|/ending|/requests)?|service/(access|attained|incidents(/\d+)?))?([?#]|$))`)

func TestPagesOfASuspendedServiceLeadOnlyToWhatAnswers(t *testing.T) { // OB-H10
	r, leads, seen := renderer(t), regexp.MustCompile(`href="([^"]*)"`), map[string]bool{}
	for name, v := range sampleViews("nl") {
		if !slices.Contains(openPages, v.name()) {
			continue
		}
		seen[v.name()] = true
		if v.frame().Account != nil {
			v.frame().Account.Suspended = true
		}
		for _, to := range leads.FindAllStringSubmatch(rendered(t, r, v), -1) {
			if !answering.MatchString(to[1]) {
				t.Errorf("page %s leads to %s, which is closed", name, to[1])
			}
		}
	}
	if len(seen) != len(openPages) {
		t.Errorf("only %v have samples", seen)
	}
	privacy := samplePrivacy("nl")
	privacy.Account.Suspended = true
	if got := rendered(t, r, privacy); !strings.Contains(got, `href="/privacy/breaches/1"`) || !strings.Contains(got, `href="/privacy/requests"`) {
		t.Error("what waits and can be answered isn't listed")
	}
	if service := privacy.OfficeMenu()[1]; service.Count != privacy.ToDo.Incidents {
		t.Errorf("of %d open incidents the menu counts %d", privacy.ToDo.Incidents, service.Count)
	}
}

func TestAllAnnouncedWorkIsInOneBarThatIsWarmFromTwoDaysAheadOn(t *testing.T) { // OB-S3
	r := renderer(t)
	v := sampleToday("nl")
	first, second := sampleAnnouncement(), sampleAnnouncement()
	second.Title = "Netwerk"
	v.Announced, v.Now = []Announcement{first, second}, first.From.AddDate(0, 0, -3)
	got := rendered(t, r, v)
	if strings.Count(got, `<details class="announced`) != 1 || !strings.Contains(got, "en nog 1") || !strings.Contains(got, "Netwerk") {
		t.Error("two announcements aren't one bar with both in it")
	}
	if !strings.Contains(got, "announced later") {
		t.Error("work three days ahead calls for attention")
	}
	v.Now = first.From.AddDate(0, 0, -1)
	if strings.Contains(rendered(t, r, v), "announced later") {
		t.Error("work of tomorrow doesn't call for attention")
	}
}
