package journal

// Latest gives the last tap that this gateway named of a reader without memory,
// in this run or an earlier one, as far as the journal still holds it.
func (j *Journal) Latest(reader string) (Tap, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	t, ok := j.latest[reader]
	return t, ok
}
