package audit

import (
	"encoding/json"
	"time"
)

// ReadAction is the action of an entry of the access log.
const ReadAction = "data.read"

// Read is an entry of the access log: who read, by which operation, about
// whom; never what (OB-C4, OB-P10).
type Read struct {
	ID        int64
	At        time.Time
	By        Actor
	Operation string // as the table of grants names it, or a command: "tikklok export"
	Of        People
}

// ReadFilter narrows the access log; a zero value narrows nothing.
type ReadFilter struct {
	From, To  time.Time // from the one up to and without the other
	By        Actor     // an account, a key, a device; ID 0: all of the kind
	Operation string
	Employee  int64 // reads that name this employee; lists of all don't
}

// readPayload is what an entry of the access log says beside its columns.
type readPayload struct {
	Operation string `json:"operation"`
	Of        People `json:"employees"`
}

// Read says by which operation and whom an entry of the access log is about;
// "" and a list of all where that was purged.
func (l Line) Read() (operation string, of People) {
	return readOf(l.Action, l.SubjectID, l.Payload)
}

// readOf is Line.Read. Before there was one access log, an opened day was noted
// by an action of its own.
func readOf(action string, subject int64, payload []byte) (string, People) {
	var p readPayload
	switch {
	case action != ReadAction:
		return action, PeopleOf(subject)
	case payload == nil || json.Unmarshal(payload, &p) != nil:
		return "", People{All: true}
	}
	return p.Operation, p.Of
}
