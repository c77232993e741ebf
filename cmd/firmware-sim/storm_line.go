package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"tikklok/gateway/wire"
)

// line is a connection of MQTT 3.1.1 over TLS 1.3 that weighs a tenth of a
// gateway's own: thousands fit in one process, beside the server they load.
type line struct {
	conn *tls.Conn
	in   *bufio.Reader
	id   uint32
}

// lineWait bounds a handshake, and every write.
const lineWait = 60 * time.Second

var errTurnedAway = errors.New("turned away by the broker")

// openLine connects as a gateway does: certificate, last will, subscription.
// It gives the time that the handshake took.
func openLine(ctx context.Context, address string, id uint32, config *tls.Config) (*line, time.Duration, error) {
	ctx, stop := context.WithTimeout(ctx, lineWait)
	defer stop()
	plain, err := (&net.Dialer{KeepAlive: -1}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, 0, err
	}
	began := time.Now()
	l := &line{conn: tls.Client(plain, config), id: id}
	l.in = bufio.NewReaderSize(l.conn, 1024)
	if err := l.conn.HandshakeContext(ctx); err != nil {
		return nil, 0, errors.Join(err, plain.Close())
	}
	took := time.Since(began)
	if err := l.greet(); err != nil {
		l.close()
		return nil, took, err
	}
	return l, took, nil
}

func (l *line) topic(kind string) string { return fmt.Sprintf("tikklok/v1/%d/%s", l.id, kind) }

func (l *line) greet() error {
	if err := l.conn.SetDeadline(time.Now().Add(lineWait)); err != nil {
		return err
	}
	hello := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Connect}, ProtocolVersion: 4, Connect: packets.ConnectParams{
		ProtocolName: []byte("MQTT"), Clean: true, Keepalive: 900, ClientIdentifier: fmt.Sprint(l.id),
		WillFlag: true, WillQos: 1, WillRetain: true, WillTopic: l.topic("state"), WillPayload: wire.State{}.Encode()}}
	if err := l.write(hello, (*packets.Packet).ConnectEncode); err != nil {
		return err
	}
	if answer, err := l.await(packets.Connack); err != nil || answer.ReasonCode != 0 {
		return errors.Join(errTurnedAway, err)
	}
	ask := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, ProtocolVersion: 4, PacketID: 1,
		Filters: packets.Subscriptions{{Filter: l.topic("down"), Qos: 1}}}
	if err := l.write(ask, (*packets.Packet).SubscribeEncode); err != nil {
		return err
	}
	if answer, err := l.await(packets.Suback); err != nil || len(answer.ReasonCodes) != 1 || answer.ReasonCodes[0] > 2 {
		return errors.Join(errTurnedAway, err)
	}
	return l.conn.SetDeadline(time.Time{})
}

// await gives the next packet, which must be of a kind.
func (l *line) await(kind byte) (packets.Packet, error) {
	p, err := l.read()
	if err == nil && p.FixedHeader.Type != kind {
		err = fmt.Errorf("the broker sent packet type %d, not %d", p.FixedHeader.Type, kind)
	}
	return p, err
}

// publish sends batches at QoS 0: only receipts prove anything (I2).
func (l *line) publish(kind string, payload []byte, retain bool) error {
	return l.write(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Retain: retain}, ProtocolVersion: 4,
		TopicName: l.topic(kind), Payload: payload}, (*packets.Packet).PublishEncode)
}

func (l *line) write(p packets.Packet, encode func(*packets.Packet, *bytes.Buffer) error) error {
	var b bytes.Buffer
	if err := encode(&p, &b); err != nil {
		return err
	}
	if err := l.conn.SetWriteDeadline(time.Now().Add(lineWait)); err != nil {
		return err
	}
	_, err := l.conn.Write(b.Bytes())
	return err
}

// read gives the next packet, decoded where a gateway looks into it.
func (l *line) read() (p packets.Packet, err error) {
	p.ProtocolVersion = 4
	head, err := l.in.ReadByte()
	if err != nil {
		return p, err
	}
	if err := p.FixedHeader.Decode(head); err != nil {
		return p, err
	}
	if p.FixedHeader.Remaining, _, err = packets.DecodeLength(l.in); err != nil {
		return p, err
	}
	if p.FixedHeader.Remaining > wire.MaxMessage+1024 {
		return p, packets.ErrPacketTooLarge
	}
	body := make([]byte, p.FixedHeader.Remaining)
	if _, err := io.ReadFull(l.in, body); err != nil {
		return p, err
	}
	switch p.FixedHeader.Type {
	case packets.Connack:
		err = p.ConnackDecode(body)
	case packets.Suback:
		err = p.SubackDecode(body)
	case packets.Publish:
		err = p.PublishDecode(body)
	}
	return p, err
}

// acknowledge answers what the server sent at QoS 1.
func (l *line) acknowledge(id uint16) error {
	return l.write(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, ProtocolVersion: 4, PacketID: id}, (*packets.Packet).PubackEncode)
}

func (l *line) close() { _ = l.conn.NetConn().Close() }
