package notice

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"time"
)

// Release is what a version brought its users (OB-S8, N-B9).
type Release struct {
	Version string
	Day     time.Time // midnight UTC
	NL, EN  []string  // a sentence each
}

// In gives the sentences for readers of a language, as Maintenance.In.
func (r Release) In(language string) []string {
	if language == "nl" {
		return r.NL
	}
	return r.EN
}

// releases.json is written with the change that it tells of, and built in: the
// newest release is the one that runs.
//
//go:embed releases.json
var releaseFile []byte

// Releases gives what each version brought, the newest first.
func Releases() ([]Release, error) {
	var raw []struct {
		Version, Day string
		NL, EN       []string
	}
	if err := json.Unmarshal(releaseFile, &raw); err != nil {
		return nil, fmt.Errorf("release notes: %w", err)
	}
	all := make([]Release, len(raw))
	for i, r := range raw {
		day, err := time.Parse(time.DateOnly, r.Day)
		if err != nil {
			return nil, fmt.Errorf("release notes of %s: %w", r.Version, err)
		}
		all[i] = Release{r.Version, day, r.NL, r.EN}
	}
	return all, nil
}
