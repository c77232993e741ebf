package gateway

import (
	"errors"
	"time"

	"tikklok/gateway/wire"
)

// errRenewed ends a connection for one with the new certificate.
var errRenewed = errors.New("connecting again with the renewed certificate")

// renew asks for a new certificate when it is time, as often as certificates
// says; the connection ends once there is one. What is under way is sent again
// by the next (I2).
func (s *session) renew(now time.Time) error {
	if request := s.agent.certificates.request(now); request != nil {
		s.client.Publish(s.topic("up"), 0, false, wire.Batch{Renewal: request}.Encode())
	}
	if s.agent.certificates.renewed() {
		return errRenewed
	}
	return nil
}
