package wire

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestACodeIsReadAsPeopleTypeIt(t *testing.T) {
	c := Code{[10]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 0xff}, [10]byte{0xa0, 0xb1, 0xc2, 9, 8, 7, 6, 5, 4, 3}}
	s := c.String()
	if len(s) != 36+8 {
		t.Errorf("code %s", s)
	}
	for name, typed := range map[string]string{
		"as printed": s, "small letters": strings.ToLower(s), "without dashes": strings.ReplaceAll(s, "-", ""),
		"with spaces": " " + strings.ReplaceAll(s, "-", " ") + " ", "O for 0": strings.ReplaceAll(s, "0", "O"), "l for 1": strings.ReplaceAll(s, "1", "l"),
	} {
		if got, err := ParseCode(typed); err != nil || got != c {
			t.Errorf("%s: %q gives %v, %v", name, typed, got, err)
		}
	}
}

func TestATypingErrorIsToldAsSuch(t *testing.T) {
	s := Code{[10]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, [10]byte{11}}.String()
	digits := []byte(s)
	for i := range digits {
		if digits[i] == '-' {
			continue
		}
		was := digits[i]
		digits[i] = '7'
		if was == '7' {
			digits[i] = '8'
		}
		if _, err := ParseCode(string(digits)); !errors.Is(err, ErrMistyped) {
			t.Errorf("digit %d changed: %v", i, err)
		}
		digits[i] = was
	}
	for name, typed := range map[string]string{
		"nothing": "", "too short": s[:len(s)-1], "too long": s + "A", "two groups changed places": s[5:10] + s[:5] + s[10:],
		"a letter that is no digit": "U" + s[1:], "a line end inside": s[:5] + "\n" + s[6:], "another alphabet": strings.Repeat("é", 36),
	} {
		if c, err := ParseCode(typed); !errors.Is(err, ErrMistyped) {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
}

func TestEnrolmentMessagesComeBackAsTheyWere(t *testing.T) {
	r := EnrolRequest{[10]byte{1, 2}, []byte{3, 4, 5}}
	if got, err := DecodeEnrolRequest(r.Encode()); err != nil || !reflect.DeepEqual(got, r) {
		t.Errorf("request %+v, %v", got, err)
	}
	for _, a := range []EnrolAnswer{
		{Refusal: "no", Passing: true},
		{Gateway: 7, Certificate: []byte{1}, Authority: []byte{2}, Broker: "mqtts://a:1", Owner: 1 << 63, Keys: []byte{3}},
	} {
		if got, err := DecodeEnrolAnswer(a.Encode()); err != nil || !reflect.DeepEqual(got, a) {
			t.Errorf("answer %+v, %v", got, err)
		}
	}
}

func TestWhatEnrolmentMessagesAreRefused(t *testing.T) {
	big := make([]byte, MaxCertificate+1)
	for name, r := range map[string]EnrolRequest{"no request": {}, "a great request": {Request: big}} {
		if _, err := DecodeEnrolRequest(r.Encode()); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	for name, a := range map[string]EnrolAnswer{
		"nothing": {}, "no keys": {Gateway: 1, Certificate: []byte{1}, Authority: []byte{1}},
		"a great certificate": {Gateway: 1, Certificate: big, Authority: []byte{1}, Keys: []byte{1}},
		"a long refusal":      {Refusal: strings.Repeat("a", maxReason+1)},
	} {
		if _, err := DecodeEnrolAnswer(a.Encode()); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestFramesEndWhereTheySay(t *testing.T) {
	var b bytes.Buffer
	if err := WriteFrame(&b, []byte("one")); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	if got, err := ReadFrame(bytes.NewReader(whole)); err != nil || string(got) != "one" {
		t.Errorf("%q, %v", got, err)
	}
	for n := range whole {
		if _, err := ReadFrame(bytes.NewReader(whole[:n])); err == nil {
			t.Errorf("%d of %d bytes were enough", n, len(whole))
		}
	}
	if _, err := ReadFrame(bytes.NewReader([]byte{0, 1, 0, 0})); err == nil {
		t.Error("64 kB were waited for")
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add(Code{[10]byte{1}, [10]byte{2}}.String())
	f.Add("oOiIlL- \n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCode(text)
		if err != nil {
			return
		}
		if again, err := ParseCode(c.String()); err != nil || again != c {
			t.Errorf("%q reads as %v, and that as %v, %v", text, c, again, err)
		}
	})
}

func FuzzDecodeEnrolRequest(f *testing.F) {
	f.Add(EnrolRequest{[10]byte{1}, []byte{2}}.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := DecodeEnrolRequest(b)
		if err != nil {
			return
		}
		if again, err := DecodeEnrolRequest(r.Encode()); err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("%+v became %+v, %v", r, again, err)
		}
	})
}

func FuzzDecodeEnrolAnswer(f *testing.F) {
	f.Add(EnrolAnswer{Refusal: "no"}.Encode())
	f.Add(EnrolAnswer{Gateway: 7, Certificate: []byte{1}, Authority: []byte{2}, Broker: "mqtts://a:1", Owner: 9, Keys: []byte{3}}.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := DecodeEnrolAnswer(b)
		if err != nil {
			return
		}
		if again, err := DecodeEnrolAnswer(a.Encode()); err != nil || !reflect.DeepEqual(again, a) {
			t.Errorf("%+v became %+v, %v", a, again, err)
		}
	})
}
