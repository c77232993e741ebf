package paper

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"tikklok/ingest/hours"
	"tikklok/ingest/hours/calendar"
)

// shortest is how many digits of a printed hash are enough: 64 bits.
const shortest = 16

// Printed is what somebody types from a paper.
type Printed struct {
	Hash  string // SHA-256 of an approval, or its first 16 digits or more; spaces do not matter
	Chain string // SHA-256 of its entry in the audit log, likewise; "": not compared
}

// Finding is what is wrong with what a paper says.
type Finding string

// The findings, none of which an honest paper has.
const (
	Altered      Finding = "altered"       // the approval's content no longer has its hash
	NotInLog     Finding = "not-in-log"    // the audit log does not name it, or its words were removed
	OtherEntry   Finding = "other-entry"   // the log's entry is not the one printed: the log was rewritten since
	BrokenChain  Finding = "broken-chain"  // the audit log was altered
	NoLongerHeld Finding = "no-longer-set" // no fault: the week was reopened or rejected since and waits for another approval
)

// Checked is what an approval with a printed hash holds.
type Checked struct {
	Proof
	Who      hours.Who
	Week     calendar.Week
	Days     []Day // as approved then
	Sites    map[int64]string
	Minutes  int // worked in the week, as approved then
	Findings []Finding
	Later    []Proof // approvals of the week after it: corrections
	Zone     *time.Location

	LogVerified time.Time // when the whole audit log was last verified; zero: just now
}

// Unaltered says whether approval and log are as they were.
func (c Checked) Unaltered() bool {
	for _, f := range c.Findings {
		if f != NoLongerHeld {
			return false
		}
	}
	return true
}

// digits reads a typed hash, or its beginning, and gives the least and the most
// it can mean.
func digits(text string) (least, most [32]byte, err error) {
	text = strings.ToLower(strings.Join(strings.Fields(text), ""))
	if len(text) < shortest || len(text) > 64 {
		return least, most, fmt.Errorf("%w: a hash has %d to 64 digits; type it as it is printed", ErrInvalid, shortest)
	}
	for i, fill := range []string{"0", "f"} {
		raw, err := hex.DecodeString(text + strings.Repeat(fill, 64-len(text)))
		if err != nil {
			return least, most, fmt.Errorf("%w: a hash has the digits 0–9 and a–f only; type it as it is printed", ErrInvalid)
		}
		copy([][]byte{least[:], most[:]}[i], raw)
	}
	return least, most, nil
}

func within(hash, least, most [32]byte) bool {
	return bytes.Compare(least[:], hash[:]) <= 0 && bytes.Compare(hash[:], most[:]) <= 0
}
