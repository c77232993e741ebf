package continuity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"time"
)

// Copy brings a set from another place here, as it stands there: its bytes are
// compared with its manifest on the way, so that damage is not spread. tell
// hears how many came over.
func (a Archive) Copy(ctx context.Context, from Archive, s Set, tell func(int64)) error {
	err := a.copyFile(ctx, from, path.Join(s.folder(), s.File), s.SHA256, tell)
	if err == nil && s.Mark != "" {
		err = a.copyFile(ctx, from, path.Join(s.folder(), markFile), s.Mark, nil)
	}
	if err != nil {
		return fmt.Errorf("copying set %s: %w", s.ID, err)
	}
	return a.name(ctx, s)
}

// copyFile copies a file; want is its hash, "" of one whose seal alone tells.
func (a Archive) copyFile(ctx context.Context, from Archive, name, want string, tell func(int64)) error {
	r, err := from.Store.Get(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	seen := sha256.New()
	if _, err := a.Store.Put(ctx, name, io.TeeReader(&paced{r: r, began: time.Now()}, &counter{w: seen, tell: tell})); err != nil {
		return err
	}
	if want != "" && hex.EncodeToString(seen.Sum(nil)) != want {
		return fmt.Errorf("%s: %w", name, ErrDamaged)
	}
	return nil
}

// paced reads no faster than a base is: what shares a disk or a line with it
// isn't slowed.
type paced struct {
	r     io.Reader
	began time.Time
	bytes int64
}

func (p *paced) Read(b []byte) (int, error) {
	time.Sleep(time.Until(p.began.Add(time.Duration(p.bytes/rate) * time.Second / 1024)))
	n, err := p.r.Read(b)
	p.bytes += int64(n)
	return n, err
}

// Drop removes a set, or half of one: first its manifest, so that what is left
// of a removal that breaks off is half a set.
func (a Archive) Drop(ctx context.Context, id string) error {
	if !goodSet.MatchString(id) {
		return fmt.Errorf("a set is called like 20261122T010000Z, not %q", id)
	}
	folder := path.Join(a.System, "sets", id)
	if err := a.Store.Remove(ctx, path.Join(folder, "manifest.json")); err != nil {
		return fmt.Errorf("removing set %s: %w", id, err)
	}
	left, err := a.Store.List(ctx, folder)
	for _, e := range left {
		err = errors.Join(err, a.Store.Remove(ctx, path.Join(folder, e.Name)))
	}
	if err == nil {
		err = a.Store.Remove(ctx, folder)
	}
	if err != nil {
		return fmt.Errorf("removing set %s: %w", id, err)
	}
	return nil
}

// Tended is what a place has after it was gone through.
type Tended struct {
	Left, Removed []Set
	Unread        []string // names of sets that stand there, and whose manifest can't be read
	Wrong         error    // what could not be read or removed; the rest was
}

// Tend removes what expired, halves that began before the last whole set, and
// the log before the oldest set that is left: no set needs it (OB-P4). A set whose
// manifest can't be read goes when it is older than sets are kept; until then it
// may need any of the log. It fails where the place doesn't say what it has.
func (a Archive) Tend(ctx context.Context, now time.Time, keep time.Duration) (t Tended, err error) {
	all, err := a.standing(ctx)
	if err != nil {
		return t, err
	}
	t.Wrong = all.wrong
	for _, s := range all.whole {
		if now.Before(s.Expires) || !a.drops(ctx, &t, s.ID) {
			t.Left = append(t.Left, s)
		} else {
			t.Removed = append(t.Removed, s)
		}
	}
	for _, id := range all.unread {
		if !olderThan(id, keep, now) || !a.drops(ctx, &t, id) {
			t.Unread = append(t.Unread, id)
		}
	}
	for _, id := range all.halves {
		if olderThan(id, halfTime, now) {
			a.drops(ctx, &t, id)
		}
	}
	if len(t.Unread) == 0 { // what can't be read may need its log
		t.Wrong = errors.Join(t.Wrong, a.trim(ctx, t.Left, len(t.Removed)+len(all.unread) > 0))
	}
	return t, ctx.Err()
}

// drops removes a set, or says in t why it could not.
func (a Archive) drops(ctx context.Context, t *Tended, id string) bool {
	err := a.Drop(ctx, id)
	t.Wrong = errors.Join(t.Wrong, err)
	return err == nil
}

// olderThan says that a set began longer ago than that, by its name.
func olderThan(id string, age time.Duration, now time.Time) bool {
	began, err := time.Parse(stamp, id)
	return err == nil && now.Sub(began) > age
}

// halfTime is how long making a set may take: after that, half of one is what a
// killed program left.
const halfTime = 24 * time.Hour

// trim removes segments of the log that begin before the oldest base does, and
// all of it when the last base went: nothing can be replayed without one.
func (a Archive) trim(ctx context.Context, left []Set, went bool) error {
	first := ""
	for _, s := range left {
		if at := s.FirstLog(); at != "" && (first == "" || at[8:] < first[8:]) {
			first = at
		}
	}
	if first == "" && !went {
		return nil // the first base is still to come, and its log may be there already
	}
	names, err := a.Log(ctx)
	for _, name := range names {
		if first == "" || len(name) == len(first) && name[8:] < first[8:] {
			err = errors.Join(err, a.Store.Remove(ctx, path.Join(a.System, "wal", name+logEnd)))
		}
	}
	if err != nil {
		return fmt.Errorf("removing the log that no set needs: %w", err)
	}
	return nil
}

// Hole gives the first segment that a place lacks between the start of a base
// and the last that it has; "": none. A restore reaches the moment before it.
func Hole(s Set, names []string) string {
	at := s.FirstLog()
	if at == "" {
		return ""
	}
	i := slices.IndexFunc(names, func(n string) bool { return len(n) == len(at) && n[:8] == at[:8] && n >= at })
	for ; i >= 0 && i < len(names) && len(names[i]) == len(at) && names[i][:8] == at[:8]; i++ {
		if names[i] != at {
			return at
		}
		at = next(at)
	}
	return ""
}

// next gives the segment after one, of 16 MB each.
func next(name string) string {
	var timeline, high, low uint32
	_, _ = fmt.Sscanf(name, "%8X%8X%8X", &timeline, &high, &low) // a name of ours
	if low++; low > 0xFFFFFFFF/segmentBytes {
		high, low = high+1, 0
	}
	return fmt.Sprintf("%08X%08X%08X", timeline, high, low)
}
