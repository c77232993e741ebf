package page

// DeviceKeys is how far the replacement of the token key is (I7).
type DeviceKeys struct{}
