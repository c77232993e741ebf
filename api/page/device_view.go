package page

// Devices is the fleet by site, with what is missing: PathDevices.
type Devices struct {
	Frame
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
