package paper

import (
	"archive/zip"
	"fmt"
	"io"
	"iter"
	"strings"
)

// volume is how many employees' papers stand in one PDF: a PDF is written when
// its last page is drawn, so more of them go into a ZIP of volumes.
const volume = 250

// printTimesheets writes one PDF, or a ZIP of volumes.
func printTimesheets(w io.Writer, o Order, r *register, people int, sheets iter.Seq2[Timesheet, error]) (File, error) {
	b := newBinder(w, o, r, people)
	for t, err := range sheets {
		if err != nil {
			return File{}, err
		}
		p, err := b.next()
		if err != nil {
			return File{}, err
		}
		p.timesheet(t, o.Period, r.tenant, o.At)
	}
	return b.close()
}

func printEvidence(w io.Writer, o Order, r *register, people int, of iter.Seq2[[]Sheet, error]) (File, error) {
	b := newBinder(w, o, r, people)
	for sheets, err := range of {
		if err != nil {
			return File{}, err
		}
		if len(sheets) == 0 {
			continue
		}
		p, err := b.next()
		if err != nil {
			return File{}, err
		}
		for _, s := range sheets {
			p.evidence(s, o.Period, o.At)
		}
	}
	return b.close()
}

func printTable(w io.Writer, o Order, r *register, of iter.Seq2[[]Sheet, error]) (File, error) {
	f := File{Name: fileName(r.words, o.Kind, o.Period, "csv"), MediaType: "text/csv; charset=utf-8"}
	t, err := newEvidenceTable(w, r)
	if err != nil {
		return File{}, err
	}
	for sheets, err := range of {
		if err != nil {
			return File{}, err
		}
		f.People += min(1, len(sheets))
		for _, s := range sheets {
			if err := t.sheet(s); err != nil {
				return File{}, err
			}
		}
	}
	if f.People == 0 {
		return File{}, ErrNothing
	}
	return f, nil
}

// binder binds papers in volumes of so many employees.
type binder struct {
	order  Order
	r      *register
	w      io.Writer
	zip    *zip.Writer // nil: all go in one volume
	pen    *pen        // nil: no volume is open
	in     int         // employees in it
	bound  int
	people int
}

func newBinder(w io.Writer, o Order, r *register, people int) *binder {
	b := &binder{order: o, r: r, w: w}
	if people > volume {
		b.zip = zip.NewWriter(w)
	}
	return b
}

// next gives the pen for another employee's papers.
func (b *binder) next() (*pen, error) {
	if b.in == volume {
		if err := b.bind(); err != nil {
			return nil, err
		}
	}
	if b.pen == nil {
		b.pen, b.in = newPen(b.r.words.Say(title(b.order.Kind)), b.r, b.order.At), 0
	}
	b.in++
	b.people++
	return b.pen, nil
}

func title(k Kind) string { return strings.TrimSuffix(string(k), "s") }

// bind writes the open volume.
func (b *binder) bind() error {
	to := b.w
	b.bound++
	if b.zip != nil {
		name := fileName(b.r.words, b.order.Kind, b.order.Period, fmt.Sprintf("%03d.pdf", b.bound))
		file, err := b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: b.order.At.UTC()})
		if err != nil {
			return fmt.Errorf("binding papers: %w", err)
		}
		to = file
	}
	p := b.pen
	b.pen = nil
	return p.write(to)
}

func (b *binder) close() (File, error) {
	if b.people == 0 {
		return File{}, ErrNothing
	}
	if err := b.bind(); err != nil {
		return File{}, err
	}
	f := File{Name: fileName(b.r.words, b.order.Kind, b.order.Period, "pdf"), MediaType: "application/pdf", People: b.people}
	if b.zip != nil {
		f.Name, f.MediaType = fileName(b.r.words, b.order.Kind, b.order.Period, "zip"), "application/zip"
		if err := b.zip.Close(); err != nil {
			return File{}, fmt.Errorf("binding papers: %w", err)
		}
	}
	return f, nil
}
