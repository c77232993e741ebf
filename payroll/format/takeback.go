package format

import (
	"fmt"
	"strings"
)

// takeBacks are, for a package without negative hours, the components of its
// own that take hours of other components back.
type takeBacks map[string]string

// parseTakeBacks reads a setting like "0001=9001, 0002=9002".
func parseTakeBacks(setting string, check func(component string) error) (takeBacks, error) {
	back := takeBacks{}
	for pair := range strings.SplitSeq(setting, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		of, by, ok := strings.Cut(pair, "=")
		of, by = strings.TrimSpace(of), strings.TrimSpace(by)
		if !ok {
			return nil, fmt.Errorf("setting take_back has %q; it takes pairs like 0001=9001", pair)
		}
		for _, component := range []string{of, by} {
			if err := check(component); err != nil {
				return nil, fmt.Errorf("setting take_back: %w", err)
			}
		}
		if other, ok := back[of]; ok && other != by {
			return nil, fmt.Errorf("setting take_back has %s and %s for %s: leave one", other, by, of)
		}
		back[of] = by
	}
	for of := range back {
		if back.has(of) {
			return nil, fmt.Errorf("setting take_back: %s takes hours back and has hours taken back: it would pay them twice, name another", of)
		}
	}
	return back, nil
}

// of gives the component that a total goes to, whose amount then counts as
// positive.
func (b takeBacks) of(component string, amount int) (string, error) {
	if b.has(component) {
		return "", fmt.Errorf("%s takes hours back by setting take_back, so hours of its own can't be paid: give their code another component", component)
	}
	if amount >= 0 {
		return component, nil
	}
	by, ok := b[component]
	if !ok {
		return "", fmt.Errorf("%s has fewer hours than were sent, and the package knows no negative hours: name the component that takes them back in setting take_back, like %s=…", component, component)
	}
	return by, nil
}

// has says whether a component takes hours back, in whatever case it is written.
func (b takeBacks) has(component string) bool {
	for _, by := range b {
		if strings.EqualFold(by, component) {
			return true
		}
	}
	return false
}

func abs(n int) int { return max(n, -n) }
