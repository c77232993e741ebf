package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// setuHours are hours of a timecard under a component of the destination.
type setuHours struct {
	component string
	hours     float64
}

// compareSETU holds the timecards of an archive against what was approved.
func (v *verdict) compareSETU(format string, file []byte, codes map[string]string, read func(*zip.File) (string, []setuHours, error)) error {
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return fmt.Errorf("reading the exported archive: %w", err)
	}
	code := map[string]string{}
	for c, component := range codes {
		code[component] = c
	}
	sums := map[total]float64{}
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, ".xml") && !strings.HasSuffix(f.Name, ".json") {
			continue
		}
		number, hours, err := read(f)
		if err != nil {
			return fmt.Errorf("reading %s: %w", f.Name, err)
		}
		for _, h := range hours {
			sums[total{number, code[h.component]}] += h.hours
			v.exportLines++
		}
	}
	v.compareHundredths(format, sums, v.approved())
	return nil
}

// readCard reads as much of a SETU 1.4 timecard as it takes to sum hours.
func readCard(f *zip.File) (number string, hours []setuHours, err error) {
	var card struct {
		Person    string `xml:"ReportedResource>Person>Id>IdValue"`
		Intervals []struct {
			Type     string  `xml:"type,attr"`
			Duration float64 `xml:"Duration"`
			Rates    []struct {
				Multiplier string `xml:"multiplier,attr"`
			} `xml:"RateOrAmount"`
		} `xml:"ReportedTime>TimeInterval"`
	}
	r, err := f.Open()
	if err != nil {
		return "", nil, err
	}
	defer r.Close()
	if err := xml.NewDecoder(r).Decode(&card); err != nil {
		return "", nil, err
	}
	for _, i := range card.Intervals {
		multiplier := ""
		for _, r := range i.Rates {
			multiplier = r.Multiplier
		}
		hours = append(hours, setuHours{i.Type + " " + multiplier, i.Duration})
	}
	return card.Person, hours, nil
}

// readCard20 does it of SETU 2.0.
func readCard20(f *zip.File) (number string, hours []setuHours, err error) {
	type value struct{ Value string }
	var card struct {
		Person    struct{ ID []value }
		Intervals []struct {
			TypeCode value
			Total    string `json:"timeTotal"`
		} `json:"timeInterval"`
	}
	r, err := f.Open()
	if err != nil {
		return "", nil, err
	}
	defer r.Close()
	if err := json.NewDecoder(r).Decode(&card); err != nil {
		return "", nil, err
	}
	if len(card.Person.ID) != 1 {
		return "", nil, fmt.Errorf("it names %d people", len(card.Person.ID))
	}
	for _, i := range card.Intervals {
		h, err := strconv.ParseFloat(i.Total, 64)
		if err != nil {
			return "", nil, err
		}
		hours = append(hours, setuHours{i.TypeCode.Value, h})
	}
	return card.Person.ID[0].Value, hours, nil
}
