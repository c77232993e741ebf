package page

// DeviceEnrolment is what the Devices page says of enrolment as a whole.
type DeviceEnrolment struct{}

// GatewayEnrolment is what one gateway's row says of its code and certificate.
type GatewayEnrolment struct{}
