package ingest

import "testing"

func TestOneAddressLeavesRoomForOthers(t *testing.T) {
	c := newCrowd(2, 3)
	for i, step := range []struct {
		from string
		want bool
	}{{"192.0.2.1", true}, {"192.0.2.1", true}, {"192.0.2.1", false}, {"192.0.2.2", true}, {"192.0.2.3", false}} {
		if got := c.enter(at(step.from)); got != step.want {
			t.Errorf("%d: %s enters: %v", i, step.from, got)
		}
	}
	c.leave(at("192.0.2.1"))
	if !c.enter(at("192.0.2.3")) {
		t.Error("who left still counts")
	}
	for _, from := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"} {
		c.leave(at(from))
	}
	if len(c.by) != 0 || c.total != 0 {
		t.Errorf("%d addresses are remembered of nobody", len(c.by))
	}
}

func TestAProxyOnThisMachineMayBringMany(t *testing.T) {
	c := newCrowd(1, 0)
	for range 5 {
		if !c.enter(at("127.0.0.1")) {
			t.Fatal("it may not")
		}
	}
}
