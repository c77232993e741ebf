package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// BenchmarkAppend appends groups of a hundred records, and in turns the same
// bytes in the same groups bare: one write and one fdatasync each, nothing kept
// in memory. The ratio is bare time ÷ journal time.
func BenchmarkAppend(b *testing.B) {
	dir := b.TempDir()
	j := open(b, dir)
	const group = 100
	var bare time.Duration
	f, err := os.Create(filepath.Join(dir, "bare"))
	must(b, err)
	defer f.Close()
	record := appendRecord(nil, tapOf(reader, 1))
	seq, size := uint64(0), int64(0)
	buf := make([]byte, 0, group*len(record))
	for b.Loop() {
		rs := taps(reader, seq+1, seq+group)
		seq += group
		must(b, j.Append(rs...))

		b.StopTimer()
		began := time.Now()
		buf = buf[:0]
		for range group {
			buf = append(buf, record...)
		}
		_, err := f.WriteAt(buf, size)
		must(b, err)
		must(b, fdatasync(f))
		size += int64(len(buf))
		bare += time.Since(began)
		b.StartTimer()
	}
	report(b, group, bare)
}

// BenchmarkAppendTogether appends one record from each of many goroutines.
func BenchmarkAppendTogether(b *testing.B) {
	j := open(b, b.TempDir())
	const writers = 64
	var next sync.Mutex
	seq := uint64(0)
	b.SetParallelism(writers)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			next.Lock()
			seq++
			n := seq
			next.Unlock()
			if err := j.Append(tapOf(reader, n)); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func report(b *testing.B, group int, bare time.Duration) {
	n := float64(b.N * group)
	fmt.Printf("bench journal_append value=%.0f unit=records/s reference=append+fdatasync reference_value=%.0f ratio=%.2f goal=0.7\n",
		n/b.Elapsed().Seconds(), n/bare.Seconds(), bare.Seconds()/b.Elapsed().Seconds())
}
