package linkage

import "testing"

// Sets without their files, and names of no set, end in a fault with its mend.
func TestRunRefuses(t *testing.T) {
	quiet := func(string) {}
	for _, name := range []string{"febrl1", "address-parsing", "address-pairs", "message-issues", "category"} {
		if _, err := Run(t.Context(), t.TempDir(), []string{name}, quiet); !noData.Is(err) {
			t.Errorf("%s without its files: %v", name, err)
		}
	}
	if _, err := Run(t.Context(), t.TempDir(), []string{"nothing"}, quiet); !unknownSet.Is(err) {
		t.Errorf("a set that is not there: %v", err)
	}
}

func TestReached(t *testing.T) {
	for _, c := range []struct {
		f    Figure
		want bool
	}{{Figure{Value: 1}, true}, {Figure{Value: .9, Floor: .9}, true}, {Figure{Value: .89, Floor: .9}, false}, {Figure{Value: 9, Floor: 8, Less: true}, false}, {Figure{Value: 7, Floor: 8, Less: true}, true}} {
		if c.f.Reached() != c.want || len(Missed([]Figure{c.f})) > 0 == c.want {
			t.Errorf("%+v", c.f)
		}
	}
}
