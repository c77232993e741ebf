package statement

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"tikklok/ingest/audit"
)

// ErrInvalid refuses details; a *Wrong says which and why.
var ErrInvalid = errors.New("not valid")

// Details are what no program can know of itself: who processes for whom, and
// who answers questions. Each has at most 300 characters.
type Details struct {
	Controller        string `json:"controller"`         // name and address; required
	ControllerContact string `json:"controller_contact"` // telephone or e-mail; required
	ControllerOfficer string `json:"controller_officer"` // data protection officer and how to reach them; "": none
	Processor         string `json:"processor"`          // name and address; required
	ProcessorContact  string `json:"processor_contact"`  // required
	ProcessorOfficer  string `json:"processor_officer"`
	Questions         string `json:"questions"` // where employees ask; "": ControllerContact

	Version int         `json:"-"` // 0: nobody filled them in
	By      audit.Actor `json:"-"`
	At      time.Time   `json:"-"`
}

// Field is one of the details, by the name that a form and JSON call it.
type Field struct {
	Name     string
	Value    *string
	Required bool
}

// Fields gives them in the order of a form.
func (d *Details) Fields() []Field {
	return []Field{
		{"controller", &d.Controller, true}, {"controller_contact", &d.ControllerContact, true}, {"controller_officer", &d.ControllerOfficer, false},
		{"questions", &d.Questions, false},
		{"processor", &d.Processor, true}, {"processor_contact", &d.ProcessorContact, true}, {"processor_officer", &d.ProcessorOfficer, false},
	}
}

const detailLength = 300

// Wrong names a detail that is refused.
type Wrong struct {
	Field string
	Why   string // empty, long
}

func (w *Wrong) Error() string {
	if w.Why == "empty" {
		return w.Field + " has to be filled in: documents name it (GDPR articles 13(1) and 30)"
	}
	return fmt.Sprintf("%s takes at most %d characters", w.Field, detailLength)
}

// Is makes every Wrong an ErrInvalid.
func (w *Wrong) Is(err error) bool { return err == ErrInvalid }

// check gives the details without blanks around them, or every *Wrong.
func (d Details) check() (Details, error) {
	var wrong []error
	for _, f := range d.Fields() {
		*f.Value = strings.TrimSpace(*f.Value)
		switch {
		case f.Required && *f.Value == "":
			wrong = append(wrong, &Wrong{f.Name, "empty"})
		case !utf8.ValidString(*f.Value) || utf8.RuneCountInString(*f.Value) > detailLength || strings.ContainsRune(*f.Value, 0):
			wrong = append(wrong, &Wrong{f.Name, "long"})
		}
	}
	return d, errors.Join(wrong...)
}

// FieldOf names the field that an optional column holds: it stands open or
// sealed under the key of its person.
func FieldOf(column string) string { return strings.TrimSuffix(column, "_sealed") }

// Wrongs gives every *Wrong of an error.
func Wrongs(err error) (all []*Wrong) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			all = append(all, Wrongs(one)...)
		}
		return all
	}
	var wrong *Wrong
	if errors.As(err, &wrong) {
		all = append(all, wrong)
	}
	return all
}
