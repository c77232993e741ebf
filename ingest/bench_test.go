package ingest

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tikklok/gateway/wire"
)

// What each measurement stores, and how often it is repeated: the printed
// figures are medians.
const (
	benchRows   = 320_000
	benchRounds = 3
)

// benchWorld is a fresh database on BENCH_DATABASE_URL, or TEST_DATABASE_URL.
func benchWorld(b *testing.B) *world {
	if url := os.Getenv("BENCH_DATABASE_URL"); url != "" {
		b.Setenv("TEST_DATABASE_URL", url)
	}
	return newWorld(b)
}

// printBench prints one figure, with its reference measured in the same run.
func printBench(name string, value, reference float64, what, goal string) {
	fmt.Printf("bench %s value=%.0f unit=rows/s reference=%s reference_value=%.0f ratio=%.2f goal=%s\n",
		name, value, what, reference, value/reference, goal)
}

func printServer(w *world) {
	fmt.Printf("bench server fsync=%s synchronous_commit=%s version=%s\n", w.setting("fsync"), w.setting("synchronous_commit"), w.setting("server_version"))
}

func (w *world) setting(name string) (value string) {
	err := w.db.Pool().QueryRow(context.Background(), "SELECT current_setting($1)", name).Scan(&value)
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Fields(value)[0]
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// benchMessages gives benchRows taps of many gateways, in batches of a size,
// the gateways taking turns.
func benchMessages(w *world, gateways, size int) [][]*message {
	all := make([][]*message, gateways)
	for i, g := range w.addGateways(gateways, 1) {
		all[i] = make([]*message, benchRows/gateways/size)
		for j := range all[i] {
			all[i][j] = sent(g, batch(log(streamOf(g, uint64(i+1)<<40), benchTaps(j*size, size))))
		}
	}
	return all
}

// addGateways adds n gateways on as many sites as asked for, in two statements.
func (w *world) addGateways(n, sites int) []gateway {
	w.exec("INSERT INTO site (tenant_id, name) SELECT $1, 's' || i FROM generate_series(1, $2::int) i", w.tenant, sites)
	last := w.exec(`INSERT INTO gateway (tenant_id, site_id, name)
		SELECT $1, (SELECT max(site_id) FROM site) - i % $3::int, 'g' || i FROM generate_series(0, $2::int - 1) i RETURNING gateway_id`, w.tenant, n, sites)
	site := w.exec("SELECT max(site_id) FROM site")
	all := make([]gateway, n)
	for i := range all {
		all[i] = gateway{id: uint32(int(last) - n + 1 + i), tenant: w.tenant, site: site - int64(i%sites)}
	}
	return all
}

func benchTaps(from, n int) []wire.Tap {
	all := make([]wire.Tap, n)
	for i := range all {
		s := uint64(from + i + 1)
		all[i] = wire.Tap{Seq: s, Tick: s * 4711, Wall: 1_790_000_000_000 + int64(s)*4711, Reader: "deur"}
		binary.LittleEndian.PutUint64(all[i].Token[:], s%97*0x9E3779B97F4A7C15)
	}
	return all
}

// BenchmarkSQL measures rows a second committed by ingest's workers against
// COPY of the same rows, as the owner, in pieces of 10,000, into the same
// table with the same indexes.
func BenchmarkSQL(b *testing.B) {
	printServer(benchWorld(b))
	for _, connections := range []int{1, 2} {
		var ours, copies []float64
		for range benchRounds {
			copies = append(copies, benchCopy(benchWorld(b), connections))
			ours = append(ours, benchWorkers(benchWorld(b), connections))
		}
		printBench(fmt.Sprintf("ingest_sql_%d", connections), median(ours), median(copies), "copy", "0.70")
	}
}

// benchCopy is the reference.
func benchCopy(w *world, connections int) float64 {
	messages := slices.Concat(turns(benchMessages(w, 64, 50))...)
	var rows [][]any
	for _, m := range messages {
		l := m.batch.Logs[0]
		for i := range l.Taps {
			t := &l.Taps[i]
			rows = append(rows, []any{w.tenant, int64(l.Origin), int64(l.Epoch), int64(t.Seq), int64(t.Tick), t.Wall, int64(t.Gap), int64(1), int16(l.KeyVersion), t.Token[:]})
		}
	}
	columns := []string{"tenant_id", "origin", "epoch", "seq", "tick", "wall", "gap", "reader_id", "key_version", "token"}
	return w.rate(len(rows), connections, func(i int) error {
		c, err := pgx.Connect(context.Background(), w.url)
		if err != nil {
			return err
		}
		defer c.Close(context.Background())
		for piece := range slices.Chunk(rows[i*len(rows)/connections:(i+1)*len(rows)/connections], 10_000) {
			if _, err := c.CopyFrom(context.Background(), pgx.Identifier{"registration"}, columns, pgx.CopyFromRows(piece)); err != nil {
				return err
			}
		}
		return nil
	})
}

// rate runs n functions side by side and gives rows a second.
func (w *world) rate(rows, n int, work func(i int) error) float64 {
	w.exec("CHECKPOINT")
	var all sync.WaitGroup
	from := time.Now()
	for i := range n {
		all.Go(func() {
			if err := work(i); err != nil {
				w.t.Error(err)
			}
		})
	}
	all.Wait()
	took := time.Since(from)
	if got := w.count("registration"); got != int64(rows) {
		w.t.Errorf("%d rows stored, want %d", got, rows)
	}
	return float64(rows) / took.Seconds()
}

// turns gives the first message of each gateway, then the second of each …
func turns(all [][]*message) [][]*message {
	out := make([][]*message, len(all[0]))
	for _, messages := range all {
		for j, m := range messages {
			out[j] = append(out[j], m)
		}
	}
	return out
}

// benchWorkers measures the workers with queues that are never empty.
func benchWorkers(w *world, connections int) float64 {
	all := benchMessages(w, 64, 50)
	commit := newCommitter(w.db, slog.New(slog.DiscardHandler), 1)
	return w.rate(benchRows, connections, func(i int) error {
		k := &worker{queue: newQueue(&Live{}), commit: commit, log: slog.New(slog.DiscardHandler)}
		n := len(all) / connections
		messages := slices.Concat(turns(all[i*n : (i+1)*n])...)
		go func() {
			for _, m := range messages {
				for !k.queue.put(context.Background(), m) {
				}
			}
		}()
		for done := 0; done < len(messages); {
			group := k.queue.drain(context.Background())
			if err := k.settle(context.Background(), group, receipts{}); err != nil {
				return err
			}
			done += len(group)
		}
		return nil
	})
}

// BenchmarkEndToEnd measures taps a second from MQTT publish to receipt, over
// TLS, of 100 gateways with certificates that each keep a few batches on
// their way, against COPY over as many connections as ingest has workers.
func BenchmarkEndToEnd(b *testing.B) {
	printServer(benchWorld(b))
	for _, c := range []struct {
		size int
		goal string
	}{{20, "none"}, {200, "0.40"}} {
		var ours, copies []float64
		for range benchRounds {
			copies = append(copies, benchCopy(benchWorld(b), 2))
			ours = append(ours, benchPlant(b, c.size))
		}
		printBench(fmt.Sprintf("ingest_end_to_end_%d", c.size), median(ours), median(copies), "copy", c.goal)
	}
}

func benchPlant(b *testing.B, size int) float64 {
	p := newPlant(b)
	p.world = benchWorld(b)
	p.run(func(c *Config) { c.Round = 10 * time.Second })
	const gateways, sites, rows = 100, 20, benchRows
	devices := make([]*benchDevice, gateways)
	for i, g := range p.addGateways(gateways, sites) {
		d := &benchDevice{device: p.give(g, p.authority)}
		if err := d.dial(strings.TrimPrefix(p.broker, "mqtts://")); err != nil {
			b.Fatal(err)
		}
		defer d.conn.Close()
		for j := range rows / gateways / size {
			d.payloads = append(d.payloads, batch(log(streamOf(d.gateway, uint64(i+1)<<40), benchTaps(j*size, size))).Encode())
		}
		devices[i] = d
	}
	return p.rate(rows/gateways/size*size*gateways, gateways, func(i int) error { return devices[i].send() })
}

// benchDevice speaks just enough MQTT 3.1.1 to weigh little beside the server
// it loads.
type benchDevice struct {
	*device
	conn     *tls.Conn
	r        *bufio.Reader
	payloads [][]byte
}

func (d *benchDevice) dial(address string) (err error) {
	d.conn, err = tls.Dial("tcp", address, &tls.Config{Certificates: []tls.Certificate{d.certificate}, RootCAs: d.authority.Pool(), ServerName: "127.0.0.1"})
	if err != nil {
		return err
	}
	d.r = bufio.NewReaderSize(d.conn, 4096)
	hello := append([]byte{0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0}, text("bench")...)
	if _, err = d.conn.Write(packet(0x10, hello)); err != nil {
		return err
	}
	subscribe := append(append([]byte{0, 1}, text(topic(d.id, topicDown))...), 0)
	if _, err = d.conn.Write(packet(0x82, subscribe)); err != nil {
		return err
	}
	for _, want := range []byte{0x20, 0x90} {
		if kind, _, err := d.read(); err != nil || kind != want {
			return fmt.Errorf("packet %x, want %x: %w", kind, want, err)
		}
	}
	return nil
}

// send keeps some batches on their way until all are answered.
func (d *benchDevice) send() error {
	const window = 4
	for i, p := range d.payloads[:min(window, len(d.payloads))] {
		if err := d.publish(i, p); err != nil {
			return err
		}
	}
	for answered := 0; answered < len(d.payloads); {
		n, err := d.answered()
		if err != nil {
			return err
		}
		for next := answered + window; next < min(answered+n+window, len(d.payloads)); next++ {
			if err := d.publish(next%window, d.payloads[next]); err != nil {
				return err
			}
		}
		answered += n
	}
	return nil
}

// publish sends a batch under a packet number that no other on its way has.
func (d *benchDevice) publish(number int, payload []byte) error {
	body := append(text(topic(d.id, topicUp)), 0, byte(number+1))
	_, err := d.conn.Write(packet(0x32, append(body, payload...)))
	return err
}

// answered gives how many batches the next packet is the receipt of. A PUBACK
// proves nothing.
func (d *benchDevice) answered() (batches int, err error) {
	kind, body, err := d.read()
	if err != nil || kind>>4 != 3 {
		return 0, err
	}
	m, err := wire.DecodeDown(body[2+len(topic(d.id, topicDown)):])
	if err != nil || m.Receipt == nil {
		return 0, err
	}
	return len(m.Receipt.Batches), nil
}

func (d *benchDevice) read() (kind byte, body []byte, err error) {
	if kind, err = d.r.ReadByte(); err != nil {
		return 0, nil, err
	}
	n, err := binary.ReadUvarint(d.r)
	if err != nil {
		return 0, nil, err
	}
	body = make([]byte, n)
	_, err = io.ReadFull(d.r, body)
	return kind, body, err
}

func packet(kind byte, body []byte) []byte {
	return append(binary.AppendUvarint([]byte{kind}, uint64(len(body))), body...)
}

func text(s string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...)
}
