package format

import (
	"fmt"
	"io"
)

// sdWorx writes the prestations of SD Worx in Belgium: a record of 31
// characters per employee, day and code. It has no sign, so that hours are
// taken back by a code of their own.
type sdWorx struct{}

func (sdWorx) Name() string { return "sd-worx" }

func (sdWorx) Schema() []Setting {
	return []Setting{
		{Key: "employer", Required: true, Example: "1111111"},
		{Key: "take_back", Example: "0001=9001, 0002=9002"}, // codes that take hours back
	}
}

func (f sdWorx) CheckSettings(s Settings) error {
	if err := checkDigits(s["employer"], 7); err != nil {
		return &BadSetting{"employer", fmt.Errorf("setting employer is SD Worx's number of the employer: %w", err)}
	}
	if _, err := parseTakeBacks(s["take_back"], f.CheckComponent); err != nil {
		return &BadSetting{"take_back", err}
	}
	return nil
}

func (sdWorx) CheckComponent(c string) error {
	if len(c) != 4 || !isPlainCode(c) {
		return fmt.Errorf("%q: an SD Worx component is a code of four letters and digits, like 0001", c)
	}
	return nil
}

func (sdWorx) NeedsNames(Settings) bool { return false }

func (sdWorx) About() About {
	return About{Title: "SD Worx (Belgium)", For: "Belgian employers with SD Worx",
		Source: "the record of 31 characters of Odoo's module l10n_be_hr_payroll_sd_worx", Proof: ProofLayout,
		Components: []string{"0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008"}}
}

func (sdWorx) FileType(Settings) FileType { return FileType{"text/plain; charset=us-ascii", "txt"} }

func (sdWorx) Write(out io.Writer, c Content) error {
	back, err := parseTakeBacks(c.Settings["take_back"], sdWorx{}.CheckComponent)
	if err != nil {
		return err
	}
	w := newPlainWriter(out, "")
	for e, err := range numbered(c.Employees, 7) {
		if err != nil {
			return err
		}
		for _, t := range totals(e.Lines, func(l Line) dayComponent { return dayComponent{l.Day, l.Component} }) {
			record, err := sdWorxRecord(c.Settings["employer"], e.Number, t, back)
			if err != nil {
				return fmt.Errorf("employee number %s, %s: %w", e.Number, t.key.day, err)
			}
			if record != "" {
				if err := w.write(record); err != nil {
					return err
				}
			}
		}
	}
	return w.flush()
}

// sdWorxRecord gives the record of a day and code; "": nothing to say.
func sdWorxRecord(employer, number string, t total[dayComponent], back takeBacks) (string, error) {
	code, err := back.of(t.key.component, t.Hundredths)
	switch hours := abs(t.Hundredths); {
	case err != nil:
		return "", err
	case hours == 0:
		return "", nil
	case hours > 9999:
		return "", fmt.Errorf("%s hours of %s are more than the 99.99 that a record holds: correct that day", DecimalText(hours, "."), code)
	default:
		return fmt.Sprintf("%07s%07sK%s%s%04d", employer, number, dateText(t.key.day, "yyyymmdd"), code, hours), nil
	}
}
