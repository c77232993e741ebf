package page

// DeviceStock is what is out, spare and lost (OB-H7, OB-H8).
type DeviceStock struct{}
