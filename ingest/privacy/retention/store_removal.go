package retention

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"tikklok/ingest/audit"
	"tikklok/ingest/pg"
)

// returned is what a DELETE of registrations r gives of each to a removal.
const returned = ` RETURNING r.origin, r.epoch, r.seq, r.tick, r.wall, r.gap, r.reader_id, r.key_version, r.token, r.arrived`

// removal gathers registrations that one piece removes, to write down their
// counts, the ranges of their names and a hash, never their content (I3). It is
// summed up here and not in SQL: there it took twice as long as the removing;
// and stream by stream while rows come in: sorting all of a piece at its end
// held up gateways for as long, on a machine of two cores. The next piece may
// take up its memory (reset).
type removal struct {
	count int
	of    map[streamName]*removedStream
}

type streamName struct{ origin, epoch int64 }

// removedStream is what was removed of a stream.
type removedStream struct {
	streamName
	taps     []removedTap
	contents []byte
}

// removedTap is the number of a registration and where its content stands.
type removedTap struct {
	seq      int64
	from, to int
}

// reset forgets what was gathered, and streams that nothing came of.
func (r *removal) reset() {
	r.count = 0
	for name, s := range r.of {
		if len(s.taps) == 0 {
			delete(r.of, name)
		}
		s.taps, s.contents = s.taps[:0], s.contents[:0]
	}
}

// gather runs a DELETE that ends with returned.
func (r *removal) gather(ctx context.Context, tx pg.Tx, sql string, args ...any) error {
	rows, err := tx.Query(ctx, sql+returned, append([]any{pgx.QueryResultFormats{pgx.BinaryFormatCode}}, args...)...)
	if err != nil {
		return fmt.Errorf("removing taps: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		r.add(rows.RawValues())
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("removing taps: %w", err)
	}
	return nil
}

// add takes a row of returned as PostgreSQL sends it: the bytes of the columns
// after the name are its content.
func (r *removal) add(row [][]byte) {
	number := func(i int) int64 { return int64(binary.BigEndian.Uint64(row[i])) }
	s := r.stream(streamName{number(0), number(1)})
	from := len(s.contents)
	for _, column := range row[3:] {
		s.contents = append(s.contents, column...)
	}
	s.taps = append(s.taps, removedTap{number(2), from, len(s.contents)})
	r.count++
}

func (r *removal) stream(name streamName) *removedStream {
	s := r.of[name]
	if s == nil {
		if r.of == nil {
			r.of = map[streamName]*removedStream{}
		}
		s = &removedStream{streamName: name}
		r.of[name] = s
	}
	return s
}

// streams gives those that something was removed of, in order of origin and
// epoch, each in order of seq.
func (r *removal) streams() []*removedStream {
	all := make([]*removedStream, 0, len(r.of))
	for _, s := range r.of {
		if len(s.taps) > 0 {
			slices.SortFunc(s.taps, func(a, b removedTap) int { return cmp.Compare(a.seq, b.seq) })
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *removedStream) int {
		return cmp.Or(cmp.Compare(a.origin, b.origin), cmp.Compare(a.epoch, b.epoch))
	})
	return all
}

// hash is SHA-256 over the content of a stream's registrations in order of seq.
func (s *removedStream) hash() (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, t := range s.taps {
		h.Write(s.contents[t.from:t.to])
	}
	return [sha256.Size]byte(h.Sum(sum[:0]))
}

// seqs writes the numbers of a stream's registrations as an int8multirange.
func (s *removedStream) seqs() string {
	out := []byte{'{'}
	for at := 0; at < len(s.taps); {
		end := at + 1
		for end < len(s.taps) && s.taps[end].seq == s.taps[end-1].seq+1 {
			end++
		}
		if at > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(append(out, '['), s.taps[at].seq, 10)
		out = strconv.AppendInt(append(out, ','), s.taps[end-1].seq, 10)
		out = append(out, ']')
		at = end
	}
	return string(append(out, '}'))
}

// record writes down what was removed, with how many punches went with it. The
// hash of the whole is SHA-256 over those of its streams.
func (r *removal) record(ctx context.Context, tx pg.Tx, by audit.Actor, punches int64) (hash [sha256.Size]byte, err error) {
	var origins, epochs []int64
	var seqs []string
	whole := sha256.New()
	for _, s := range r.streams() {
		origins, epochs, seqs = append(origins, s.origin), append(epochs, s.epoch), append(seqs, s.seqs())
		hash := s.hash()
		whole.Write(hash[:])
	}
	hash = [sha256.Size]byte(whole.Sum(nil))
	if r.count == 0 && punches == 0 {
		return hash, nil
	}
	_, err = tx.Exec(ctx, `WITH record AS (INSERT INTO removal (tenant_id, cause, by_kind, by_id, registrations, punches, hash)
			VALUES (current_tenant(), 'retention', $1, $2, $3, $4, $5) RETURNING removal_id)
		INSERT INTO removed_name (tenant_id, removal_id, origin, epoch, seqs)
		SELECT current_tenant(), removal_id, o, e, s::int8multirange FROM record, unnest($6::bigint[], $7::bigint[], $8::text[]) k (o, e, s)`,
		by.Kind, by.ID, r.count, punches, hash[:], origins, epochs, seqs)
	if err != nil {
		return hash, fmt.Errorf("recording which taps were removed: %w", err)
	}
	return hash, nil
}
