package ingest

import (
	"time"

	"tikklok/gateway/wire"
)

// receipts gathers what each gateway is told after a commit.
type receipts map[uint32]*wire.Receipt

func (r receipts) of(gateway uint32) *wire.Receipt {
	if r[gateway] == nil {
		r[gateway] = &wire.Receipt{}
	}
	return r[gateway]
}

// commit answers the messages of a committed group: one receipt a gateway,
// whatever the number of its batches (I2).
func (r receipts) commit(group []*message, out outcome) {
	told := map[heardKey]bool{}
	for _, m := range group {
		if m.fault != "" {
			continue
		}
		to := r.of(m.from.id)
		to.Batches = append(to.Batches, m.crc)
		for i := range m.batch.Logs {
			k := streamKey{m.from.tenant, m.batch.Logs[i].Stream}
			if h := (heardKey{k, m.from.id}); !told[h] {
				told[h] = true
				to.Marks = append(to.Marks, out.marks[k])
			}
		}
	}
}

// refuse answers a message that stands in quarantine.
func (r receipts) refuse(m *message) {
	to := r.of(m.from.id)
	to.Batches = append(to.Batches, m.crc)
	to.Refusals = append(to.Refusals, wire.Refusal{Batch: m.crc, Reason: m.fault})
}

// publish sends the receipts, with the server's time where it may be told. A
// receipt that gets lost makes its gateway send again, nothing more.
func (r receipts) publish(send sender, clock *clock) {
	for id, receipt := range r {
		receipt.ServerTime, receipt.ServerBound = clock.read(time.Now())
		send(topic(id, topicDown), wire.Down{Receipt: receipt}.Encode(), 0)
	}
}

// sender hands a message to the broker. It doesn't wait for delivery, and
// nobody may rely on it.
type sender func(topic string, payload []byte, qos byte)
