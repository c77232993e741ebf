package notice

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
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

// tagged is how a build is described that a version's tag leads to (git
// describe): 0.7, v0.7-12-gab12cd3, with -dirty behind.
var tagged = regexp.MustCompile(`^v?([0-9]+(?:\.[0-9]+)+)(?:-[0-9]+-g[0-9a-f]+)?(?:-dirty)?$`)

// Running gives the notes of the build that runs: those of the version whose tag
// leads to it; ok is false where that version has none. To a build under no
// tag belong the newest, as they are built in with it.
func Running(build string) (r Release, ok bool, err error) {
	all, err := Releases()
	if err != nil || len(all) == 0 {
		return Release{}, false, err
	}
	m := tagged.FindStringSubmatch(build)
	if m == nil {
		return all[0], true, nil
	}
	i := slices.IndexFunc(all, func(r Release) bool { return r.Version == m[1] })
	if i < 0 {
		return Release{}, false, nil
	}
	return all[i], true, nil
}
