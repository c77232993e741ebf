package refusal

import "strings"

// IsBSN says whether a text could be a Dutch citizen service number: nine
// digits, or eight with the leading zero left out, that pass the eleven-test in
// which the last digit counts −1. One number in eleven does by chance.
func IsBSN(text string) bool {
	digits := strings.NewReplacer(".", "", " ", "", "-", "").Replace(strings.TrimSpace(text))
	if len(digits) == 8 {
		digits = "0" + digits
	}
	if len(digits) != 9 {
		return false
	}
	sum, any := 0, false
	for i, r := range digits {
		if r < '0' || r > '9' {
			return false
		}
		weight := 9 - i
		if weight == 1 {
			weight = -1
		}
		sum += weight * int(r-'0')
		any = any || r != '0'
	}
	return any && sum%11 == 0
}

// Watch looks at the values of a file's columns, line by line. The zero value
// is ready.
type Watch struct{ columns []column }

// column counts the values of one, each once.
type column struct {
	seen         map[string]struct{}
	long, passed int // of eight or nine digits; of these, that pass the test
}

// enough values judge a column: four that pass by chance are one in 14,000.
const (
	enough = 4
	most   = 1000
)

// Note looks at a line.
func (w *Watch) Note(values []string) {
	for len(w.columns) < len(values) {
		w.columns = append(w.columns, column{seen: map[string]struct{}{}})
	}
	for i, v := range values {
		w.columns[i].note(strings.TrimSpace(v))
	}
}

func (c *column) note(v string) {
	if _, twice := c.seen[v]; twice || v == "" || len(c.seen) >= most {
		return
	}
	c.seen[strings.Clone(v)] = struct{}{}
	if n := digits(v); n == 8 || n == 9 {
		c.long++
	}
	if IsBSN(v) {
		c.passed++
	}
}

func digits(v string) (n int) {
	for _, r := range v {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}

// Found gives the columns that hold citizen service numbers: at least four that
// differ, nine in ten of the numbers of that length, and half of all values.
func (w *Watch) Found() (columns []int) {
	for i, c := range w.columns {
		if c.passed >= enough && c.passed*10 >= c.long*9 && c.passed*2 >= len(c.seen) {
			columns = append(columns, i)
		}
	}
	return columns
}
