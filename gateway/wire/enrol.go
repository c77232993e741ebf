package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"tikklok/gateway/wire/internal/pb"
)

// The application protocols (ALPN, RFC 7301) of the port that gateways call.
const (
	ProtocolMQTT  = "mqtt" // registered with IANA; also meant by saying none
	ProtocolEnrol = "tikklok-enrol/1"
)

// What an enrolment message takes.
const (
	maxEnrol  = 16 << 10 // bytes
	maxBroker = 300      // bytes of its address
	maxReason = 1000     // bytes of a refusal
)

// EnrolRequest asks for a certificate by a one-time code.
type EnrolRequest struct {
	Secret  [10]byte // see Code
	Request []byte   // PKCS #10 (DER), at most MaxCertificate bytes
}

// EnrolAnswer makes the device a gateway, or says why not.
type EnrolAnswer struct {
	Refusal string // "": it was granted
	Passing bool   // the refusal passes by itself

	Gateway     uint32
	Certificate []byte // DER
	Authority   []byte // DER
	Broker      string // mqtts://host:port; "": where this was asked
	Owner       uint64 // as in Enrolment
	Keys        []byte // see SealKeys
}

// Encode gives the bytes of a request.
func (r EnrolRequest) Encode() []byte {
	return marshal(&pb.EnrolRequest{Version: Version, Secret: r.Secret[:], Request: r.Request})
}

// DecodeEnrolRequest reads a request.
func DecodeEnrolRequest(b []byte) (EnrolRequest, error) {
	m := &pb.EnrolRequest{}
	if err := unmarshal("enrolment request", b, m, maxEnrol, nil); err != nil {
		return EnrolRequest{}, err
	}
	if len(m.Secret) != 10 {
		return EnrolRequest{}, fmt.Errorf("enrolment request: a secret of %d bytes, want 10", len(m.Secret))
	}
	if len(m.Request) == 0 || len(m.Request) > MaxCertificate {
		return EnrolRequest{}, fmt.Errorf("enrolment request: a certificate request of %d bytes, want 1…%d", len(m.Request), MaxCertificate)
	}
	return EnrolRequest{[10]byte(m.Secret), m.Request}, nil
}

// Encode gives the bytes of an answer.
func (a EnrolAnswer) Encode() []byte {
	return marshal(&pb.EnrolAnswer{
		Version: Version, Refusal: text(a.Refusal), Passing: a.Passing, Gateway: a.Gateway,
		Certificate: a.Certificate, Authority: a.Authority, Broker: text(a.Broker), Owner: a.Owner, Keys: a.Keys,
	})
}

// DecodeEnrolAnswer reads an answer: a refusal, or all that a gateway needs.
func DecodeEnrolAnswer(b []byte) (EnrolAnswer, error) {
	m := &pb.EnrolAnswer{}
	if err := unmarshal("enrolment answer", b, m, maxEnrol, nil); err != nil {
		return EnrolAnswer{}, err
	}
	if len(m.Refusal) > maxReason || len(m.Broker) > maxBroker {
		return EnrolAnswer{}, errors.New("enrolment answer: its texts are too long")
	}
	if m.Refusal != "" {
		return EnrolAnswer{Refusal: m.Refusal, Passing: m.Passing}, nil
	}
	if m.Gateway == 0 || len(m.Certificate) == 0 || len(m.Certificate) > MaxCertificate ||
		len(m.Authority) == 0 || len(m.Authority) > MaxCertificate || len(m.Keys) == 0 || len(m.Keys) > MaxSealed {
		return EnrolAnswer{}, errors.New("enrolment answer: gateway, certificate, authority or keys are not there")
	}
	return EnrolAnswer{Gateway: m.Gateway, Certificate: m.Certificate, Authority: m.Authority,
		Broker: m.Broker, Owner: m.Owner, Keys: m.Keys}, nil
}

// WriteFrame writes an enrolment message behind its length.
func WriteFrame(w io.Writer, message []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...))
	return err
}

// ReadFrame reads an enrolment message behind its length; one too long is
// refused before it is read.
func ReadFrame(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxEnrol {
		return nil, fmt.Errorf("an enrolment message of %d bytes, at most %d are taken", n, maxEnrol)
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}
