package ingest

import (
	"cmp"

	"tikklok/gateway/wire"
)

// message is one payload on its way to a receipt.
type message struct {
	from    gateway
	payload []byte
	crc     uint32
	batch   wire.Batch
	fault   string // why it goes to quarantine; "": it doesn't
	taps    int
	backlog bool // of the kind that can wait
}

// newMessage decodes a payload; one that can't be decoded has a fault.
func newMessage(from gateway, payload []byte) *message {
	m := &message{from: from, payload: payload, crc: wire.Checksum(payload)}
	var err error
	if m.batch, err = wire.DecodeBatch(payload); err != nil {
		m.fault = err.Error()
	}
	for _, l := range m.batch.Logs {
		m.taps += len(l.Taps)
	}
	m.backlog = m.taps > liveTaps || m.fault != ""
	return m
}

// pack lets go of what the payload says again. After an outage thousands of
// batches of backlog wait; decoded they take ten times the memory.
func (m *message) pack() {
	if m.backlog {
		m.batch = wire.Batch{}
	}
}

// unpack undoes pack.
func (m *message) unpack() {
	if m.backlog && m.fault == "" {
		m.batch, _ = wire.DecodeBatch(m.payload) // it could be decoded before
	}
}

// size is about what a packed message holds in memory, in bytes.
func (m *message) size() int64 {
	if m.backlog {
		return int64(len(m.payload) + 256)
	}
	return int64(len(m.payload) + 96*m.taps + 256)
}

// streamKey is a stream of one tenant.
type streamKey struct {
	tenant int64
	wire.Stream
}

func compareStreams(a, b streamKey) int {
	return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(int64(a.Origin), int64(b.Origin)), cmp.Compare(int64(a.Epoch), int64(b.Epoch)))
}

// originKey is a device of one tenant.
type originKey struct {
	tenant int64
	origin uint64
}

// readerKey names a reader: by its origin, or by its name at its gateway.
type readerKey struct {
	originKey
	name string
}

func compareReaders(a, b readerKey) int {
	return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.origin, b.origin), cmp.Compare(a.name, b.name))
}
