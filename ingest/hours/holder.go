package hours

// Holding says that an employee held a fob from an instant until another.
type Holding struct {
	Fob      int64
	Employee int64
	From     int64         // Unix ms
	Until    int64         // Unix ms, not included; 0: still held
	Ended    ExceptionKind // BlockedFob, LostFob: what it was from then on; "": returned
}

// holds says whether the fob is held so at an instant.
func (h Holding) holds(at int64) bool { return h.From <= at && (h.Until == 0 || at < h.Until) }

// Holder gives who held the fob at an instant. A fob that was blocked, lost or
// returned by then has no holder, so its taps wait for a person (OB-H1).
func Holder(history []Holding, at int64) (employee int64, held bool) {
	for _, h := range history {
		if h.holds(at) {
			return h.Employee, true
		}
	}
	return 0, false
}

// Rival gives who held the fob at an instant besides its holder; 0: nobody.
// One fob has one holder, but a token can turn out to be two fobs' (I7).
func Rival(history []Holding, at int64) int64 {
	holder, _ := Holder(history, at)
	for _, h := range history {
		if h.holds(at) && h.Employee != holder {
			return h.Employee
		}
	}
	return 0
}

// Unheld says what a fob was at an instant at which nobody held it, and who
// held it last before that; 0: nobody did.
func Unheld(history []Holding, at int64) (kind ExceptionKind, last int64) {
	if len(history) == 0 {
		return UnknownFob, 0
	}
	latest := Holding{Until: -1}
	for _, h := range history {
		if h.Until != 0 && h.Until <= at && h.Until >= latest.Until {
			latest = h
		}
	}
	if latest.Ended == "" {
		return UnheldFob, latest.Employee
	}
	return latest.Ended, latest.Employee
}
