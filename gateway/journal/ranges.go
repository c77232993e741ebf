package journal

import "tikklok/gateway/wire"

// minus gives what a holds and b doesn't, walking both once: a device that
// scatters its seqs must not hold up the others.
func minus(a, b []wire.Range) []wire.Range {
	var left []wire.Range
	for _, r := range a {
		for len(b) > 0 && b[0].To < r.From {
			b = b[1:]
		}
		n := 0
		for n < len(b) && b[n].From <= r.To {
			n++
		}
		left = append(left, wire.Lacking(b[:n], r)...)
		if n > 1 {
			b = b[n-1:]
		}
	}
	return left
}

// intersect gives what both hold.
func intersect(a, b []wire.Range) []wire.Range { return minus(a, minus(a, b)) }

// plus gives what either holds; it leaves a alone.
func plus(a []wire.Range, b ...wire.Range) []wire.Range {
	sum := append([]wire.Range(nil), a...)
	for _, r := range b {
		sum = wire.AddRange(sum, r)
	}
	return sum
}

func count(rs []wire.Range) (n uint64) {
	for _, r := range rs {
		n += r.To - r.From + 1
	}
	return n
}

// first gives the first n seqs.
func first(rs []wire.Range, n int) []wire.Range {
	var head []wire.Range
	for _, r := range rs {
		if n == 0 {
			break
		}
		r.To = min(r.To, r.From+uint64(n)-1)
		n -= int(r.To - r.From + 1)
		head = append(head, r)
	}
	return head
}
