package format

import "encoding/xml"

// The elements of a TimeCard that are written, in the order of the schema
// (HR-XML 2.5 TimeCard.xsd and SIDES TimeCardAdditionalData.xsd, namespace
// http://ns.hr-xml.org/2007-04-15).

type timeCard struct {
	XMLName    xml.Name     `xml:"http://ns.hr-xml.org/2007-04-15 TimeCard"`
	ID         entityID     `xml:"Id"`
	Person     setuPerson   `xml:"ReportedResource>Person"`
	Time       reportedTime `xml:"ReportedTime"`
	Submitter  *submitter   `xml:"SubmitterInfo"`
	References references   `xml:"AdditionalData>StaffingAdditionalData>ReferenceInformation"`
}

type entityID struct {
	Owner string `xml:"idOwner,attr"`
	Value string `xml:"IdValue"`
}

type setuPerson struct {
	ID   entityID    `xml:"Id"`
	Name *personName `xml:"PersonName"`
}

type personName struct {
	Formatted string `xml:"FormattedName"`
}

type reportedTime struct {
	Status    string         `xml:"status,attr,omitempty"` // "" or corrected (rule ReportedTime.2)
	From      string         `xml:"PeriodStartDate"`
	To        string         `xml:"PeriodEndDate"`
	Intervals []timeInterval `xml:"TimeInterval"`
}

type timeInterval struct {
	Type     string   `xml:"type,attr"`
	Billable bool     `xml:"billable,attr"`
	Action   string   `xml:"actionCode,attr,omitempty"` // rule ActionCode.1
	ID       entityID `xml:"Id"`
	Start    string   `xml:"StartDateTime"`
	Duration string   `xml:"Duration"` // decimal hours; PT8H passes the schema and fails rule Duration.1
	Rate     rate     `xml:"RateOrAmount"`
}

// rate has the amount 0.00: the rate itself stands in the assignment.
type rate struct {
	Currency   string `xml:"currency,attr"`
	Type       string `xml:"type,attr"`       // rule RateOrAmount.1
	Multiplier string `xml:"multiplier,attr"` // percentage, ≥ 100 (rule RateOrAmount.2)
	Amount     string `xml:",chardata"`
}

type submitter struct {
	Source string `xml:"Source"`
	At     string `xml:"SubmittedDateTime"`
}

type references struct {
	Supplier   entityID  `xml:"StaffingSupplierId"`
	Customer   entityID  `xml:"StaffingCustomerId"`
	Assignment *entityID `xml:"AssignmentId"` // its owner is always StaffingCompany (rule AssignmentId.1)
}
