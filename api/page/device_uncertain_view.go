package page

// DeviceUncertain is the taps whose time waits for a person (I4).
type DeviceUncertain struct{}
