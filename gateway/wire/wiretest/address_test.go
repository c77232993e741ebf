package wiretest

import (
	"net"
	"testing"
)

func TestAnAddressIsListenedAtAgainAndAgainAndGivenToNobodyElse(t *testing.T) {
	address := Address(t)
	for range 3 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			t.Fatal("somebody listens there")
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := net.Dial("tcp", address); err != nil {
			t.Error(err)
		} else {
			c.Close()
		}
		l.Close()
	}
	for range 500 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if l.Addr().String() == address {
			t.Fatal("it was given away")
		}
	}
}
