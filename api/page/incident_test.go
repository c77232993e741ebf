package page

import (
	"strings"
	"testing"
)

func TestAMonthInWhichNoIncidentCountsHasItsPaper(t *testing.T) { // OB-S7
	v := sampleIncidentViews("nl")["incidents"]
	got := rendered(t, renderer(t), v)
	if !strings.Contains(got, "Zonder storingen die meetellen") || !strings.Contains(got, "/service/attained?month=2026-10&amp;language=nl") {
		t.Error("October, in which one may have been dismissed, has no paper")
	}
}

func TestTheClocksOfAnIncidentAreAskedAtItsOwnAddress(t *testing.T) { // also on the page of a form that was refused
	if got := rendered(t, renderer(t), sampleIncidentViews("nl")["incident-found"]); !strings.Contains(got, `data-refresh="/service/incidents/7"`) {
		t.Error("they are asked at the form's address, which gives no page")
	}
}
