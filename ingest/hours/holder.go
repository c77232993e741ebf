package hours

// Holding says that an employee held a fob from an instant until another.
type Holding struct {
	Fob      int64
	Employee int64
	From     int64 // Unix ms
	Until    int64 // Unix ms, not included; 0: still held
}

// Holder gives who held the fob at an instant. A fob that was blocked, lost or
// returned by then has no holder, so its taps wait for a person (OB-H1).
func Holder(history []Holding, at int64) (employee int64, held bool) {
	for _, h := range history {
		if h.From <= at && (h.Until == 0 || at < h.Until) {
			return h.Employee, true
		}
	}
	return 0, false
}
