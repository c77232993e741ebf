package main

import (
	"strings"
	"testing"
)

func TestARegisterThatIsNoneIsRefusedWithThoseThereAre(t *testing.T) {
	err := registerListCommand{Book: "measures"}.Run(t.Context(), place{State: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), `"measures"`) || !strings.Contains(err.Error(), "measure ") {
		t.Errorf("it says %v", err)
	}
}
