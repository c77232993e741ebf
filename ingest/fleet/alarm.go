package fleet

import (
	"time"

	"tikklok/gateway/wire"
)

// Conflict is the same name with other bytes: never dropped, never paid (I1).
type Conflict struct {
	ID int64
	wire.Name
	Reader     int64
	ReaderName string
	Gateway    int64
	At         time.Time
}

// Quarantined is a batch that could not be understood or stored; its bytes are
// kept.
type Quarantined struct {
	ID      int64
	Gateway int64
	Reason  string
	Bytes   int
	At      time.Time
}
