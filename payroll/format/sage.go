package format

import (
	"fmt"
	"io"
	"strings"
)

// sagePayroll writes the multi-timesheet import of Sage Payroll in Ireland: a
// line per employee, payment, department and cost centre, without a header. The
// rate is left to Sage: we have none.
type sagePayroll struct{}

func (sagePayroll) Name() string { return "sage-payroll-ie" }

func (sagePayroll) Schema() []Setting {
	return []Setting{
		{Key: "department"}, // a department code of Sage; empty: none
		{Key: "cost_centre", Default: "no", Choices: []string{"yes", "no"}},
	}
}

func (sagePayroll) CheckSettings(s Settings) error {
	if err := checkSage(s["department"]); s["department"] != "" && err != nil {
		return &BadSetting{"department", fmt.Errorf("setting department: %w", err)}
	}
	return nil
}

// checkSage takes codes and numbers that neither a comma nor a spreadsheet can
// turn into something else: Sage's users make these files with Excel.
func checkSage(s string) error {
	if s == "" || strings.Trim(s, " ") != s || !isPlainCode(strings.NewReplacer("-", "", " ", "", "_", "", "/", "", ".", "").Replace(s)) || s[0] == '-' {
		return fmt.Errorf("%q is not a code of letters, digits and - _ / . that begins with no sign", s)
	}
	return nil
}

func checkSageNumber(e Employee) error {
	if err := needNumber(e); err != nil {
		return err
	}
	if err := checkSage(e.Number); err != nil {
		return fmt.Errorf("employee number %w: give the one that the package knows", err)
	}
	return nil
}

func (sagePayroll) CheckComponent(c string) error {
	if err := checkCode(c, 4); err != nil {
		return fmt.Errorf("%w: a Sage component is the number of a payment, like 1", err)
	}
	return nil
}

func (sagePayroll) NeedsNames(Settings) bool { return false }

func (sagePayroll) About() About {
	return About{Title: "Sage Payroll (Ireland) multi-timesheet", For: "Irish employers with Sage Payroll, formerly Micropay",
		Source: "Sage, Multi-timesheet import, https://ie-kb.sage.com/portal/app/portlets/results/viewsolution.jsp?solutionid=200427112314127", Proof: ProofDocument,
		Components: []string{"1", "2", "3", "4", "5", "6", "7", "8"}}
}

func (sagePayroll) FileType(Settings) FileType { return FileType{"text/csv; charset=us-ascii", "csv"} }

// sagePayment is what Sage takes hours of an employee by.
type sagePayment struct{ number, costCentre string }

func (f sagePayroll) Write(out io.Writer, c Content) error {
	w := newPlainWriter(out, ",")
	for e, err := range checked(c.Employees, checkSageNumber) {
		if err != nil {
			return err
		}
		for _, t := range totals(e.Lines, func(l Line) sagePayment { return f.payment(l, c.Settings) }) {
			if t.Hundredths == 0 {
				continue
			}
			if err := checkSage(t.key.costCentre); t.key.costCentre != "" && err != nil {
				return fmt.Errorf("employee number %s, %s, cost centre: %w", e.Number, t.line.Day, err)
			}
			if err := w.write(sagePaid, e.Number, t.key.number, c.Settings["department"], t.key.costCentre, DecimalText(t.Hundredths, "."), ""); err != nil {
				return err
			}
		}
	}
	return w.flush()
}

// sagePaid says that a line is a payment, not a deduction.
const sagePaid = "2"

func (sagePayroll) payment(l Line, s Settings) sagePayment {
	if s["cost_centre"] == "yes" {
		return sagePayment{l.Component, l.CostCentre}
	}
	return sagePayment{number: l.Component}
}
