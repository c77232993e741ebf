package page

// Devices is the fleet by site, with what is missing: PathDevices.
type Devices struct {
	Frame
	Tally      DeviceTally
	Sites      []DeviceSite
	Holes      []Hole
	Conflicts  []NameConflict
	Quarantine []Quarantined
	Enrolment  DeviceEnrolment
	Keys       DeviceKeys
	Uncertain  DeviceUncertain
	Stock      DeviceStock
	Form       Form   // "name" of a new site, "reason" of a given-up hole
	FormFor    string // "site" or the Hole's Key
	MayManage  bool
}

func (*Devices) name() string { return "devices" }

// DeviceTally is the page's first line.
type DeviceTally struct {
	Gateways, Online, Readers int
	Wrong                     int // gateways whose chain somebody should look at
}
