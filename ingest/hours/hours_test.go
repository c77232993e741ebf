package hours

import "testing"

func TestTapNamesGoBothWays(t *testing.T) {
	id := tapID(7, -5, 12)
	if id != "7/fffffffffffffffb/12" {
		t.Errorf("name %s", id)
	}
	if n, err := id.Name(); err != nil || IDOf(n) != id {
		t.Errorf("%v, %v", n, err)
	}
	for _, bad := range []TapID{"", "7/5", "x/1/1", "7/1/-1", "ffffffffffffffff/1/1"} {
		if n, err := bad.Name(); err == nil {
			t.Errorf("%q is taken as %v", bad, n)
		}
	}
}
