package continuity

import (
	"context"
	"errors"
	"os"
	"path"
	"slices"
	"time"

	"tikklok/api/continuity/target"
	"tikklok/ingest/pg"
	"tikklok/ingest/pg/vault"
)

// tended is a place that was gone through.
type tended struct {
	Tended
	target  target.Target
	archive Archive
	log     []string // names of its pieces
}

// tend goes to each place: what expired is removed, pieces of the log that it
// lacks are brought from another, and register and list are brought to what
// stands there. What expires does so by the time that is believed.
func (m Maker) tend(ctx context.Context, now, believed time.Time) {
	system, err := pg.SystemOf(ctx, m.URL)
	if err == nil {
		err = m.forget(system.ID, believed)
	}
	if err != nil {
		m.Log.WarnContext(ctx, "places for backups were not tended to", "error", err)
		return
	}
	var all []*tended
	for _, t := range m.Targets {
		at, err := m.tendAt(ctx, t, system.ID, believed)
		if err != nil {
			m.untended(ctx, t, err)
			continue
		}
		defer at.archive.Store.Close()
		all = append(all, at)
	}
	for _, at := range all {
		err := m.fillHoles(ctx, at, all)
		if err = errors.Join(at.Wrong, err, m.noteTended(ctx, at, now, believed)); err != nil {
			m.untended(ctx, at.target, err)
		}
	}
}

func (m Maker) untended(ctx context.Context, t target.Target, err error) {
	if ctx.Err() == nil {
		m.Log.ErrorContext(ctx, "a place for backups was not tended to", "place", t.Name, "error", err)
	}
}

// tendAt goes to one place; its session stays open.
func (m Maker) tendAt(ctx context.Context, t target.Target, system string, believed time.Time) (*tended, error) {
	store, err := t.Open(ctx)
	if err != nil {
		return nil, err
	}
	at := &tended{target: t, archive: Archive{Store: store, System: system}}
	at.Tended, err = at.archive.Tend(ctx, believed, m.Listed.Keep)
	if err == nil {
		at.log, err = at.archive.Log(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	at.Wrong = errors.Join(at.Wrong, m.tendFormer(ctx, at, believed))
	return at, nil
}

// tendFormer removes what expired of clusters that this installation had before,
// as before a dump was restored: nobody else does (OB-P4). What others put at the
// same place is theirs, also where it can't be listed.
func (m Maker) tendFormer(ctx context.Context, at *tended, believed time.Time) error {
	systems, err := Systems(ctx, at.archive.Store)
	if err != nil || len(systems) < 2 {
		return err
	}
	listed, failed := vault.ReadManifest(m.Listed.Dir)
	for _, system := range systems {
		if system == at.archive.System {
			continue
		}
		former := Archive{Store: at.archive.Store, System: system}
		ours, err := m.had(ctx, former, at.target.Name, listed.Dumps)
		if err == nil && ours {
			err = m.tendOne(ctx, former, at.target.Name, believed)
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// had says whether a cluster was of this installation: it has a folder here for
// its log, or a whole set of it is on the list. The folder is made before anything
// is removed: what is left of a removal that breaks off proves nothing any more.
func (m Maker) had(ctx context.Context, former Archive, place string, listed []vault.Dump) (bool, error) {
	if _, err := os.Stat(m.spoolOf(former.System)); err == nil {
		return true, nil
	}
	all, err := former.standing(ctx)
	ours := err == nil && slices.ContainsFunc(all.whole, func(s Set) bool {
		return slices.ContainsFunc(listed, func(d vault.Dump) bool { return d.Place == place && d.SHA256 == s.SHA256 })
	})
	if !ours {
		return false, nil // what can't be listed is another's
	}
	return true, os.MkdirAll(m.spoolOf(former.System), 0o700)
}

// tendOne tends to a former cluster. Without a set all of its log goes: no base of
// it is still to come.
func (m Maker) tendOne(ctx context.Context, former Archive, place string, believed time.Time) error {
	t, err := former.Tend(ctx, believed, m.Listed.Keep)
	if err == nil && len(t.Left)+len(t.Unread) == 0 {
		err = former.trim(ctx, nil, true)
	}
	err = errors.Join(t.Wrong, err)
	for _, s := range t.Removed {
		err = errors.Join(err, m.Listed.Note(s.listed(place, &believed)))
	}
	return err
}

// fillHoles brings pieces of the log that a place lacks from those that have
// them: what was given up while it took nothing. What still waits for it comes
// by itself.
func (m Maker) fillHoles(ctx context.Context, to *tended, all []*tended) error {
	waiting, _ := (&spool{dir: m.spoolOf(to.archive.System)}).waiting(to.target.Name)
	allowed := false
	for _, from := range all {
		for _, name := range lacking(to.Left, to.log, from.log) {
			if slices.Contains(waiting, name) {
				continue
			}
			if !allowed {
				if why, err := m.Refusal(ctx, to.target); err != nil || why != "" {
					return err
				}
				allowed = true
			}
			if err := to.archive.copyFile(ctx, from.archive, path.Join(to.archive.System, "wal", name+logEnd), "", nil); err != nil {
				return err
			}
			to.log = append(to.log, name)
			m.Log.InfoContext(ctx, "a piece of the log that a place lacked was brought from another", "piece", name, "place", to.target.Name, "from", from.target.Name)
		}
	}
	slices.Sort(to.log)
	return nil
}

// lacking names what a place needs for its sets, does not have, and another has.
func lacking(sets []Set, has, other []string) (names []string) {
	first := ""
	for _, s := range sets {
		if at := s.FirstLog(); at != "" && (first == "" || at < first) {
			first = at
		}
	}
	for _, n := range other {
		if first != "" && n >= first && !slices.Contains(has, n) {
			names = append(names, n)
		}
	}
	return names
}

// noteTended brings the register and the list to what stands at a place: also
// a set whose maker was killed before it wrote it down.
func (m Maker) noteTended(ctx context.Context, at *tended, now, believed time.Time) error {
	err := m.Owner.Look(ctx, func(tx pg.Tx) error {
		if err := noteSets(ctx, tx, at.target.Name, at.Tended, now, believed); err != nil {
			return err
		}
		return mendHole(ctx, tx, at.target.Name, broken(at.Left, at.log))
	})
	for _, s := range at.Removed {
		err = errors.Join(err, m.Listed.Note(s.listed(at.target.Name, &now)))
	}
	listed, failed := vault.ReadManifest(m.Listed.Dir)
	lost, unknown := at.gone(ctx, listed.Dumps, believed)
	for _, d := range lost {
		d.Removed = &now
		err = errors.Join(err, m.Listed.Note(d))
	}
	for _, s := range at.Left {
		d := s.listed(at.target.Name, nil)
		if failed == nil && !slices.ContainsFunc(listed.Dumps, func(o vault.Dump) bool { return o.Place == d.Place && o.File == d.File && o.Removed == nil }) {
			failed = m.Listed.Note(d)
		}
		if ahead(s.Began, now) {
			m.Log.WarnContext(ctx, "a backup says that it is still to be made: the clock was ahead then. It is kept until its own day comes; remove its folder when you have others", "place", at.target.Name, "set", s.ID)
		}
	}
	return errors.Join(err, unknown, failed)
}

// gone gives what is listed as standing at the place past its day and does not, of
// whatever cluster: whoever removed it did not come to write that down.
func (at *tended) gone(ctx context.Context, listed []vault.Dump, believed time.Time) (all []vault.Dump, err error) {
	for _, d := range listed {
		if d.Place == at.target.Name && d.Removed == nil && !believed.Before(d.Expires) {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	there := map[string]bool{}
	systems, err := Systems(ctx, at.archive.Store)
	for _, s := range systems {
		found, failed := at.archive.Store.List(ctx, path.Join(s, "sets"))
		for _, e := range found {
			there[e.Name] = true
		}
		err = errors.Join(err, failed)
	}
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(d vault.Dump) bool { return there[path.Dir(d.File)] }), nil
}

// broken says whether no moment after a hole can be restored: it lies after the
// newest base, or the log goes on in another timeline.
func broken(left []Set, names []string) bool {
	for i := len(left) - 1; i >= 0; i-- {
		first := left[i].FirstLog()
		if first == "" {
			continue
		}
		newest := ""
		for _, n := range names {
			if len(n) == len(first) {
				newest = max(newest, n)
			}
		}
		return Hole(left[i], names) != "" || newest != "" && newest[:8] > first[:8]
	}
	return false
}
