package format

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sdWorxRecords cuts a file at the columns of its description.
func sdWorxRecords(body string) (records [][5]string, err error) {
	for i, line := range strings.SplitAfter(body, "\r\n") {
		if line == "" {
			continue
		}
		if len(line) != 33 || line[14] != 'K' {
			return nil, fmt.Errorf("record %d is %q", i+1, line)
		}
		if _, err := time.Parse("20060102", line[15:23]); err != nil {
			return nil, err
		}
		records = append(records, [5]string{line[:7], strings.TrimLeft(line[7:14], "0"), line[15:23], line[23:27], line[27:31]})
	}
	return records, nil
}

func readSDWorx(t *testing.T, _ Settings, doc document) (rows []read) {
	t.Helper()
	records, err := sdWorxRecords(string(doc.body))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		hours, err := strconv.Atoi(r[4])
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(r[3], "9") { // takes back
			r[3], hours = "0"+r[3][1:], -hours
		}
		rows = append(rows, read{number: r[1], component: r[3], times: hours})
	}
	return rows
}

func sdWorxSuite() suiteFormat {
	return suiteFormat{format: sdWorx{}, settings: Settings{"employer": "1111111", "take_back": "0001=9001, 0002=9002"},
		codes: map[string]string{"N": "0001", "EVE": "0002", "NGT": "0003"}, refuses: numbersAreDigits(), read: readSDWorx}
}

func TestSDWorxWritesTheRecordOfItsDescription(t *testing.T) {
	l := line(1, "3333333", at(24), "N", 75)
	if got, err := sdWorxSuite().written(t, Settings{"employer": "1111111"}, l); err != nil || got != "11111113333333K2026072400010125\r\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSDWorxHasNoNegativeHours(t *testing.T) {
	l := line(1, "17", at(2), "N", -60)
	for back, want := range map[string]string{"0001=9001": "1111111" + "0000017K2026070290010100\r\n", "0002=9002": ""} {
		got, err := sdWorxSuite().written(t, Settings{"employer": "1111111", "take_back": back}, l)
		if got != want || (want == "") != (err != nil) {
			t.Errorf("%s: %q, %v", back, got, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "employee number 17, 2026-07-02") || !strings.Contains(err.Error(), "take_back")) {
			t.Errorf("no remedy: %v", err)
		}
	}
}

func TestHoursThatCancelOutInADaySayNothing(t *testing.T) {
	lines := []Line{line(1, "17", at(2), "N", 20), line(2, "17", at(2), "N", -20), line(3, "17", at(3), "N", 60)}
	if got, err := sdWorxSuite().written(t, Settings{"employer": "1"}, lines...); err != nil || got != "00000010000017K2026070300010100\r\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSDWorxRefusesByNameWhatItCannotTake(t *testing.T) {
	for key, settings := range map[string]Settings{
		"employer is":                 {"employer": "12345678"},
		`take_back has "0001"`:        {"employer": "1", "take_back": "0001"},
		`take_back: "1"`:              {"employer": "1", "take_back": "0001=1"},
		"take_back has 9001 and 9002": {"employer": "1", "take_back": "0001=9001,0001=9002"},
	} {
		if _, err := CheckSettings(sdWorx{}, settings); err == nil || !strings.Contains(err.Error(), "setting "+key) {
			t.Errorf("%v: %v", settings, err)
		}
	}
	if _, err := sdWorxSuite().written(t, Settings{"employer": "1"}, line(1, "17", at(1), "N", 6000)); err == nil || !strings.Contains(err.Error(), "99.99") {
		t.Errorf("100 hours: %v", err)
	}
	for _, c := range []string{"1", "00011", "00 1", "éé", ""} {
		if err := (sdWorx{}).CheckComponent(c); err == nil {
			t.Errorf("code %q was taken", c)
		}
	}
}

func FuzzSDWorxReadsBackWhatWasWritten(f *testing.F) {
	f.Add("17", 90, 30)
	f.Add("0", 1, 1)
	f.Add("1234567", 5999, -1)
	f.Fuzz(func(t *testing.T, number string, first, second int) {
		first, second = first%6000, second%6000
		got, err := sdWorxSuite().written(t, Settings{"employer": "7", "take_back": "0001=9001,0002=9002"},
			line(1, number, at(1), "N", first), line(2, number, at(2), "EVE", second))
		if fine := checkDigits(number, 7) == nil; fine != (err == nil) {
			t.Fatalf("number %q, %d and %d minutes: %v", number, first, second, err)
		}
		if err != nil {
			return
		}
		records, err := sdWorxRecords(got)
		if err != nil {
			t.Fatal(err)
		}
		sum := map[string]int{}
		for _, r := range records {
			hours, err := strconv.Atoi(r[4])
			if err != nil || r[0] != "0000007" || r[1] != strings.TrimLeft(number, "0") {
				t.Fatalf("%v, %v", r, err)
			}
			sum[r[3]] += hours
		}
		if sum["0001"]-sum["9001"] != hundredthsOf(first) || sum["0002"]-sum["9002"] != hundredthsOf(second) {
			t.Errorf("%d and %d minutes were read as %v", first, second, sum)
		}
	})
}
