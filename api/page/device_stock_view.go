package page

import "time"

// DeviceStock is what is out, spare and lost (OB-H7, OB-H8).
type DeviceStock struct {
	Gateways, Readers StockLine
	Shelf             []Hardware
	Fobs              []FobStock
	Retired           []RetiredDevice
}

// StockLine counts one kind of hardware by where it is.
type StockLine struct{ InUse, Spare, Defective, Returned, Lost int }

// Hardware is one device on loan that hangs nowhere.
type Hardware struct {
	ID     int64
	Kind   string // "gateway", "reader"
	Label  string
	Place  string // "spare", "defective", "returned", "lost"
	Reason string
	Since  time.Time
}

// FobStock is how many fobs of one design are where.
type FobStock struct {
	Design                                  int
	Out, InStock, Lost, Returned, LostAYear int
}

// RetiredDevice was taken out of use.
type RetiredDevice struct {
	Kind   string // "gateway", "reader"
	ID     int64
	Name   string
	Site   string
	At     time.Time
	By     string
	Reason string
}
