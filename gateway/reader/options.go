package reader

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// EM4100Help tells the settings that ParseEM4100 knows.
const EM4100Help = "absent=DURATION, confirm=1|2"

// ParseEM4100 reads settings as they stand in --port.
func ParseEM4100(options map[string]string) (EM4100Settings, error) {
	o := optionReader{options: options}
	s := EM4100Settings{o.presence(true)}
	return s, o.finish()
}

// PN532Help tells the settings that ParsePN532 knows.
const PN532Help = "absent=DURATION, poll=auto|list"

// ParsePN532 reads settings as they stand in --port.
func ParsePN532(options map[string]string) (PN532Settings, error) {
	o := optionReader{options: options}
	s := PN532Settings{Absent: o.presence(false).Absent, List: o.oneOf("poll", "auto", "list") == "list"}
	return s, o.finish()
}

// ParseNone refuses all settings: for protocols that have none.
func ParseNone(options map[string]string) error {
	o := optionReader{options: options}
	return o.finish()
}

// optionReader takes settings one by one; the first that is wrong is its error.
type optionReader struct {
	options map[string]string
	known   []string
	err     error
}

func (o *optionReader) take(key string) (value string, ok bool) {
	o.known = append(o.known, key)
	value, ok = o.options[key]
	return value, ok
}

func (o *optionReader) fail(key, format string, args ...any) {
	if o.err == nil {
		o.err = fmt.Errorf("%s=%s: %s", key, o.options[key], fmt.Sprintf(format, args...))
	}
}

// oneOf gives "" when the setting is not there.
func (o *optionReader) oneOf(key string, all ...string) string {
	v, ok := o.take(key)
	if ok && !slices.Contains(all, v) {
		o.fail(key, "there are %s", strings.Join(all, ", "))
	}
	return v
}

func (o *optionReader) number(key string, least, most int) int {
	v, ok := o.take(key)
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		o.fail(key, "want a number from %d to %d", least, most)
	}
	return n
}

func (o *optionReader) duration(key string, least, most time.Duration) time.Duration {
	v, ok := o.take(key)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < least || d > most {
		o.fail(key, "want a duration from %s to %s, such as %s", least, most, max(least, min(most, 1500*time.Millisecond)))
	}
	return d
}

// text reads \x02 and the like as the byte, so that a comma or STX can be said.
func (o *optionReader) text(key string) string {
	v, _ := o.take(key)
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(v, `"`, `\"`) + `"`)
	if err != nil || len(text) > lineMost {
		o.fail(key, `want text, with \x02 for a byte that can't be typed`)
	}
	return text
}

func (o *optionReader) presence(confirm bool) (s PresenceSettings) {
	s.Absent = o.duration("absent", 500*time.Millisecond, time.Minute)
	if confirm {
		s.Confirm = o.number("confirm", 1, 2)
	}
	return s
}

// finish refuses what nobody took.
func (o *optionReader) finish() error {
	for _, key := range slices.Sorted(maps.Keys(o.options)) {
		if !slices.Contains(o.known, key) {
			return fmt.Errorf("unknown setting %q, there are %s", key, strings.Join(append([]string{"name", "baud"}, o.known...), ", "))
		}
	}
	return o.err
}
