package fault

import (
	"errors"
	"fmt"
	"testing"
)

var wrongColumn = &Kind{
	Code: "wrong_column", Class: Input,
	Cause: Text{EN: "column {name} is not there", ZH: "没有 {name} 这一列"},
	Mend:  Text{EN: "name one of {have}", ZH: "改为 {have} 之一"},
}

var gone = &Kind{Code: "gone", Class: Missing, Cause: Text{EN: "it is gone"}, Mend: Text{EN: "bring it back"}}

func TestTexts(t *testing.T) {
	e := wrongColumn.At("a.yaml:3", "name", "xm", "have", "a, b").Because(errors.New("deep"))
	for _, c := range []struct{ name, got, want string }{
		{"error", e.Error(), "a.yaml:3: column xm is not there: deep [wrong_column]"},
		{"chinese", e.Cause(Chinese), "没有 xm 这一列: deep"},
		{"mend", e.Mend(Chinese), "改为 a, b 之一"},
		{"chinese missing falls back", gone.At("x").Mend(Chinese), "bring it back"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestAllAndExitCode(t *testing.T) {
	a, b := wrongColumn.At("1"), gone.At("2")
	joined := fmt.Errorf("outer: %w", errors.Join(a, fmt.Errorf("mid: %w", b)))
	if got := All(joined); len(got) != 2 || got[0] != a || got[1] != b {
		t.Fatalf("All = %v", got)
	}
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"nil", nil, 0}, {"plain", errors.New("x"), 1}, {"input", a, 2}, {"highest class wins", joined, 3},
	} {
		if got := ExitCode(c.err); got != c.want {
			t.Errorf("%s: exit code %d, want %d", c.name, got, c.want)
		}
	}
	if !gone.Is(joined) || gone.Is(a) {
		t.Error("Is does not tell kinds apart")
	}
}
