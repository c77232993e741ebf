package format

import (
	"strings"
	"testing"
)

func TestAComponentThatTakesHoursBackNeverPaysThem(t *testing.T) { // I8
	for setting, want := range map[string]string{
		"0001=0001":            "0001 takes hours back and has hours taken back",
		"000a=000A":            "000a takes hours back and has hours taken back",
		"0001=0002, 0002=9002": "0002 takes hours back and has hours taken back",
	} {
		if _, err := CheckSettings(sdWorx{}, Settings{"employer": "1", "take_back": setting}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", setting, err, want)
		}
	}
	_, err := sdWorxSuite().written(t, Settings{"employer": "1", "take_back": "0001=0002"}, line(1, "17", at(2), "EVE", 60))
	if err == nil || !strings.Contains(err.Error(), "employee number 17, 2026-07-02: 0002 takes hours back") {
		t.Errorf("hours of a code were written as hours taken back: %v", err)
	}
}
