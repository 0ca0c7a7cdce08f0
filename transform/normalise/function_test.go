package normalise

import (
	"strings"
	"testing"
)

func TestFunctions(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		in   string
		want string
		out  outcome
	}{
		{"trim", nil, " a ", "a", good},
		{"half_width", nil, "ＡＢ１２（，　）", "AB12(, )", good},
		{"squash", nil, "  a \n\t　b ", "a b", good},
		{"lower", nil, "AbÄ", "abä", good},
		{"upper", nil, "abx", "ABX", good},
		{"digits", nil, "第１2号", "12", good},
		{"strip_brackets", nil, "坪山区城管局（行政执法局）", "坪山区城管局", good},
		{"strip_brackets", nil, "甲(乙)[丙]", "甲", good},
		{"strip_brackets", nil, "（甲）", "（甲）", good},
		{"strip_brackets", nil, "甲(乙)丙", "甲(乙)丙", good},
		{"before", []string{"-"}, "a-b-c", "a", good},
		{"before", []string{"-"}, "abc", "abc", good},
		{"after", []string{"-"}, "a-b-c", "b-c", good},
		{"after", []string{"-"}, "abc", "", absent},
		{"match", []string{`(\d+)号`}, "建设路12号", "12", good},
		{"match", []string{`(\d+)号`}, "建设路", "", absent},
		{"json", []string{"a.b"}, `{"a": {"b": "x\"\u6c47"}}`, `x"汇`, good},
		{"json", []string{"a.1"}, `{"a": [1, 2.5]}`, "2.5", good},
		{"json", []string{"a.c"}, `{"a": {"b": 1}}`, "", absent},
		{"json", []string{"a"}, `{"a": null}`, "", absent},
		{"json", []string{"a"}, `{"a": {"b": [1]}, "z": 0}`, `{"b": [1]}`, good},
		{"json", []string{"a"}, `{"a": 1`, "", unreadable},
		{"python_dict", []string{"latitude"}, `{'latitude': '47.61', 'human_address': '{"address": "405 OLIVE WAY"}', 'needs': None, 'ok': True}`, "47.61", good},
		{"python_dict", []string{"human_address"}, `{'latitude': '47.61', 'human_address': '{"address": "405 OLIVE WAY"}'}`, `{"address": "405 OLIVE WAY"}`, good},
		{"python_dict", []string{"needs"}, `{'needs': None}`, "", absent},
		{"python_dict", []string{"a"}, `{'a': 'it\'s'}`, "it's", good},
		{"python_dict", []string{"a.0"}, `{'a': (1, 2)}`, "1", good},
		{"python_dict", []string{"a"}, `{'a': 'x'`, "", unreadable},
		{"split", []string{";", "2"}, "a;b;c", "b", good},
		{"split", []string{";", "4"}, "a;b;c", "", absent},
		{"replace", []string{"苑", "园", "號", "号"}, "阳光花苑3號", "阳光花园3号", good},
		{"excel_day", nil, "43344", "2018-09-01", good},
		{"excel_day", nil, "43344.5", "2018-09-01T12:00:00", good},
		{"excel_day", nil, "2018/9/1", "2018/9/1", good},
	} {
		run := functions[c.name].compile(c.args)
		if run == nil {
			t.Errorf("%s %q does not compile", c.name, c.args)
			continue
		}
		var buf []byte
		for range 2 {
			if got, out := run(&buf, []byte(c.in)); out != c.out || out == good && string(got) != c.want {
				t.Errorf("%s %q of %q: %q, %d, want %q, %d", c.name, c.args, c.in, got, out, c.want, c.out)
			}
		}
	}
}

func TestFunctionsRefuse(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"trim", []string{"x"}}, {"before", nil}, {"before", []string{""}}, {"match", []string{"("}}, {"match", []string{"no group"}}, {"json", nil}, {"split", []string{";"}}, {"split", []string{";", "0"}}, {"split", []string{";", "x"}}, {"replace", []string{"a"}}, {"replace", []string{"", "b"}},
	} {
		if functions[c.name].compile(c.args) != nil {
			t.Errorf("%s %q compiled", c.name, c.args)
		}
	}
}

func TestLiteralDepth(t *testing.T) {
	deep := strings.Repeat("[", 10000)
	if _, out := findLiteral([]byte(deep), []string{"0"}); out != unreadable {
		t.Error("a bottomless list was read")
	}
}

func FuzzFunctions(f *testing.F) {
	for _, s := range []string{`{'a': 'x\x41\u6c47'}`, `{"a": [1, {"b": null}]}`, "a(b)", "100 万美元", "\xff\xef\xbc", `{'a': 'x\`, `{"a": "\ud83d\ude00"}`, `{"a":"\u12`} {
		f.Add(s)
	}
	args := map[string][]string{"before": {"-"}, "after": {"-"}, "match": {`(\d+)`}, "json": {"a"}, "python_dict": {"a.0"}, "split": {",", "2"}, "replace": {"a", "b"}}
	f.Fuzz(func(t *testing.T, s string) {
		for _, name := range functionNames() {
			var buf []byte
			in := []byte(s)
			got, out := functions[name].compile(args[name])(&buf, in)
			if out == good && len(got) > 4*len(s)+64 {
				t.Errorf("%s of %q grew to %d bytes", name, s, len(got))
			}
			if string(in) != s && name != "lower" {
				t.Errorf("%s changed its input", name)
			}
		}
	})
}
