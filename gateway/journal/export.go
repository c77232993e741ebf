package journal

import (
	"fmt"
	"io"

	"tikklok/gateway/wire"
)

// exportTaps is how many taps an exported batch has at most.
const exportTaps = 500

// Report says what is in a journal.
type Report struct {
	Gateway  uint32
	Segments int
	Streams  int
	Taps     uint64
	Unsent   uint64
	Damaged  uint64
}

// Inspect reads a journal without changing it, also while a gateway uses it.
func Inspect(dir string) (Report, error) {
	j, err := openReadOnly(dir)
	if err != nil {
		return Report{}, err
	}
	r := Report{Gateway: j.gateway, Segments: len(j.segments), Streams: len(j.streams), Unsent: j.Unsent(), Damaged: j.damaged}
	for _, s := range j.streams {
		r.Taps += count(s.durable)
	}
	return r, nil
}

// Export writes the taps of a journal that the server has not committed, or
// all that it holds, with their starts and pairs, as a file for the server
// (wire/export.go). It changes nothing, and works while a gateway uses the
// journal. It gives the number of taps written.
func Export(dir string, w io.Writer, all bool) (taps int, err error) {
	j, err := openReadOnly(dir)
	if err != nil {
		return 0, err
	}
	out, err := wire.NewExportWriter(w, j.gateway)
	if err != nil {
		return 0, err
	}
	if all {
		j.twins.resend()
	}
	for _, s := range j.streams {
		if all {
			s.committed, s.told = nil, 0
			s.resend(answered)
		}
		s.held = nil
		s.resend(refused)
	}
	for {
		p, err := j.Take(true, exportTaps)
		if err != nil {
			return taps, fmt.Errorf("export journal: %w", err)
		}
		if p == nil {
			return taps, nil
		}
		if err := out.Write(p.Batch); err != nil {
			return taps, err
		}
		taps += p.Taps()
		j.Answered(p)
	}
}
