package format

import "encoding/json"

// The elements of a timecard that are written, in the order of the schema
// (purchase-to-pay-v2/Timecard, JSON Schema 2020-12). It takes no others.

type timecard20 struct {
	Document agencyID `json:"documentId"`
	Supplier party20  `json:"supplier"`
	Customer party20  `json:"customer"`
	Person   person20 `json:"person"`
	Period   struct {
		Dates dates20 `json:"datePeriod"`
	} `json:"period"`
	Staffing  *staffing20  `json:"staffingIds,omitempty"`
	Intervals []interval20 `json:"timeInterval"`
}

// agencyID is an id and who gave it: Customer or Supplier.
type agencyID struct {
	Value  string `json:"value"`
	Agency string `json:"schemeAgencyId"`
}

type party20 struct {
	ID []agencyID `json:"id"`
}

type person20 struct {
	ID   []agencyID `json:"id"` // one or two
	Name *name20    `json:"name,omitempty"`
}

type name20 struct {
	Formatted string `json:"formattedName"`
}

type dates20 struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

type staffing20 struct {
	Assignment agencyID `json:"assignmentId"` // given by the Supplier, always
}

type interval20 struct {
	ID         agencyID `json:"id"`
	CostCentre *code20  `json:"costCenter,omitempty"`
	Type       value20  `json:"typeCode"`
	Period     struct {
		Times struct {
			Start string `json:"start"`
		} `json:"dateTimePeriod"`
	} `json:"period"`
	Total string   `json:"timeTotal"` // a string: "8.00"
	Rates []rate20 `json:"payRates,omitempty"`
}

type value20 struct {
	Value string `json:"value"`
}

type code20 struct {
	Code string `json:"code"`
}

type rate20 struct {
	Amount     amount20    `json:"amount"`
	Interval   value20     `json:"intervalCode"`
	Multiplier json.Number `json:"multiplier"` // percentage
	Billed     bool        `json:"toBeBilled"`
	Paid       bool        `json:"toBePaid"`
}

type amount20 struct {
	Value    int     `json:"value"`
	Currency value20 `json:"currency"`
}
