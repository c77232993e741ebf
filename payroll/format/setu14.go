package format

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// setuTimeCard writes the SETU Standard for Reporting Time and Expenses v1.4
// (HR-XML 2.5, TimeCard), which says in XML what setuCard holds.
//
// Its business rules (RTE-v1.4-TimeCard) are kept here before a byte is
// written, also those whose paths in the published file never fire, as they
// look for "AddtionalData", "Timecard" or an Allowance of no namespace:
// StaffingSupplierId and StaffingCustomerId .1 to .3, AssignmentId .1 and .2.
// A correction has status "corrected" and an actionCode on each interval. As an
// interval has no hours of the clock, it has a Duration and no EndDateTime
// (rules EndDateTime.3 and .4).
type setuTimeCard struct{}

func (setuTimeCard) Name() string { return "setu-1.4" }

func (setuTimeCard) Schema() []Setting {
	return append(setuSettings([]string{"StaffingCustomer", "StaffingCompany"}),
		// ApprovalInfo: when, or when and by which account; names of people who
		// approve are never in it (OB-P1).
		Setting{Key: "approval", Default: "time", Choices: []string{"time", "account", "no"}},
		Setting{Key: "source"}) // SubmitterInfo/Source; "": no SubmitterInfo
}

func (setuTimeCard) CheckSettings(s Settings) error {
	return checkTexts(s, "customer_id", "supplier_id", "source")
}

func (setuTimeCard) CheckComponent(c string) error {
	_, err := parseHourType14(c)
	return err
}

func (setuTimeCard) NeedsNames(s Settings) bool { return s["names"] == "yes" } // OB-P1

// parseHourType14 reads a component: an hour type and its multiplier, 100 where
// none is given (rule RateOrAmount.2: at least 100).
func parseHourType14(component string) (hourType, error) {
	kind, err := parseHourType(component, 100)
	if err != nil {
		return hourType{}, fmt.Errorf("%w (rule RateOrAmount.2)", err)
	}
	if !slices.Contains(setuHourTypes(), kind.code) {
		return hourType{}, fmt.Errorf("%q: a SETU component is an hour type and a multiplier, like \"Overtime 150\"; %q is not one of %s",
			component, kind.code, strings.Join(setuHourTypes(), ", "))
	}
	if kind.multiplier == "" {
		kind.multiplier = "100"
	}
	return kind, nil
}

// setuHourTypes are the types of worked or present time in SETU_CL_HourTypes,
// and public holidays. Its kinds of leave and sickness are left out, as absence
// has no kind here (OB-P2), and so are hours with wage dispensation, which would
// tell of a disability, internships and time for time.
func setuHourTypes() []string {
	return []string{"Regular", "Overtime", "Overtimeplus", "Shift", "Shiftplus", "Additional", "Additionalplus", "Attendance", "Travel",
		"Internal", "Training", "Standby", "Holiday", "Work underload", "Contract hours", "Regular canceled", "Overtime canceled", "Overtimeplus canceled",
		"Shift canceled", "Shiftplus canceled", "Additional canceled", "Additionalplus canceled", "Regular complemented", "Overtime complemented",
		"Shift complemented", "Additional complemented"}
}

func (setuTimeCard) About() About {
	return About{Title: "SETU Timecard 1.4 (XML)", For: "Dutch staffing companies and their hirers",
		Source: "SETU Standard for Reporting Time and Expenses v1.4, https://github.com/setu-standards/xml-specifications", Proof: ProofDocument,
		Components: []string{"Regular 100", "Shift 120", "Shift 140", "Overtime 150", "Overtime 200", "Travel 100", "Standby 100", "Additional 100"}}
}

func (setuTimeCard) FileType(Settings) FileType { return FileType{"application/zip", "zip"} }

func (setuTimeCard) Write(out io.Writer, c Content) error {
	return setuDocument{
		kind: parseHourType14,
		name: func(_ Content, card setuCard) string { return fileName(card.id) + ".xml" },
		put:  putTimeCard,
	}.archive(out, c)
}

// putTimeCard writes elements in the order of TimeCard.xsd and
// TimeCardAdditionalData.xsd (namespace http://ns.hr-xml.org/2007-04-15), by
// hand rather than by encoding/xml, for the time that it takes over millions of
// lines.
func putTimeCard(b *bufio.Writer, c Content, card setuCard) error {
	x := &xmlWriter{b: b}
	owner := c.Settings["id_owner"]
	x.start()
	x.open("TimeCard", "xmlns", "http://ns.hr-xml.org/2007-04-15")
	x.id("Id", owner, card.id)
	x.open("ReportedResource")
	x.open("Person")
	x.id("Id", owner, card.number)
	if card.name != "" {
		x.open("PersonName")
		x.text("FormattedName", card.name)
		x.close("PersonName")
	}
	x.close("Person")
	x.close("ReportedResource")
	putReportedTime(x, c, card)
	if source := c.Settings["source"]; source != "" {
		x.open("SubmitterInfo")
		x.text("Source", source)
		x.text("SubmittedDateTime", c.At.UTC().Format(setuTime))
		x.close("SubmitterInfo")
	}
	putApprovals(x, c, card)
	putReferences(x, c, card)
	x.close("TimeCard")
	return nil // of the writer's failures the first shows at its Flush
}

const setuTime = "2006-01-02T15:04:05Z"

func putReportedTime(x *xmlWriter, c Content, card setuCard) {
	if card.corrected {
		x.open("ReportedTime", "status", "corrected") // rule ReportedTime.2
	} else {
		x.open("ReportedTime")
	}
	x.text("PeriodStartDate", card.period.From.String())
	x.text("PeriodEndDate", card.period.To.String())
	for _, i := range card.intervals {
		if i.action == setuNew {
			x.open("TimeInterval", "type", i.kind.code, "billable", "true")
		} else {
			x.open("TimeInterval", "type", i.kind.code, "billable", "true", "actionCode", string(i.action))
		}
		x.id("Id", c.Settings["id_owner"], i.id)
		x.text("StartDateTime", i.day.String()+"T00:00:00")
		x.text("Duration", DecimalText(i.hundredths, ".")) // PT8H passes the schema and fails rule Duration.1
		rate := "hourly"
		if i.kind.split {
			rate = "hourlysplit"
		}
		// 0.00: the rate itself stands in the assignment.
		x.text("RateOrAmount", "0.00", "currency", c.Settings["currency"], "type", rate, "multiplier", i.kind.multiplier)
		if i.costCentre != "" {
			x.open("AdditionalData")
			x.open("StaffingAdditionalData")
			x.open("CustomerReportingRequirements")
			x.text("CostCenterCode", i.costCentre)
			x.close("CustomerReportingRequirements")
			x.close("StaffingAdditionalData")
			x.close("AdditionalData")
		}
		x.close("TimeInterval")
	}
	x.close("ReportedTime")
}

func putApprovals(x *xmlWriter, c Content, card setuCard) {
	if c.Settings["approval"] == "no" {
		return
	}
	for _, a := range card.approvals {
		x.open("ApprovalInfo")
		x.open("Person")
		if c.Settings["approval"] == "account" {
			x.id("Id", c.Settings["id_owner"], fmt.Sprintf("%s-%d", a.by.Kind, a.by.ID))
		}
		x.close("Person")
		x.text("ApprovedDateTime", a.at.Format(setuTime))
		x.close("ApprovalInfo")
	}
}

func putReferences(x *xmlWriter, c Content, card setuCard) {
	x.open("AdditionalData")
	x.open("StaffingAdditionalData")
	x.open("ReferenceInformation")
	x.id("StaffingSupplierId", "StaffingCustomer", c.Settings["supplier_id"])
	x.id("StaffingCustomerId", "StaffingCompany", c.Settings["customer_id"])
	if card.assignment != "" {
		x.id("AssignmentId", "StaffingCompany", card.assignment) // whose owner it always is (rule AssignmentId.1)
	}
	x.close("ReferenceInformation")
	x.close("StaffingAdditionalData")
	x.close("AdditionalData")
}
