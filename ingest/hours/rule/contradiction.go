package rule

import (
	"errors"
	"fmt"
)

// Contradiction is two fields that can't both hold, and what to do about it.
type Contradiction struct {
	Fields [2]string // as in the document: "questioned_shift", "bands[0].percent"
	Why    string    // what they do to each other, and the remedy
}

func (c *Contradiction) Error() string {
	return fmt.Sprintf("%s and %s contradict: %s", c.Fields[0], c.Fields[1], c.Why)
}

// contradictions gives all pairs of fields that can't both hold.
func (r Rules) contradictions() error {
	return errors.Join()
}
