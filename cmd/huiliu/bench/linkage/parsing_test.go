package linkage

import (
	"os"
	"path/filepath"
	"testing"

	"huiliu/transform/address"
)

func TestReadParsing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.txt")
	write := func(s string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("柳 B-road\n路 I-road\n12 B-roadno\n号 I-roadno\n\n\n柳 B-subRoad\n")
	got, err := readParsing(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Text != "柳路12号" || got[1].Parts[0].Kind != address.SubRoad {
		t.Fatalf("%+v", got)
	}
	if p := got[0].Parts; len(p) != 2 || p[0].End != 6 || p[1].Start != 6 || p[1].End != 11 || p[1].Kind != address.Number {
		t.Fatalf("%+v", p)
	}
	for _, bad := range []string{"柳 B-river\n", "柳 I-road\n"} {
		write(bad)
		if _, err := readParsing(file); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestParsingScoreOfShippedOnItsOwnAnswers(t *testing.T) {
	p, err := address.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	const text = "云溪街道柳浪路12号云栖花苑3幢2单元501室"
	own := address.Sample{Text: text, Parts: p.Parse(text)}
	if all, exact := parsingScore(p, []address.Sample{own}); all != 1 || exact != 1 {
		t.Fatalf("%v and %v", all, exact)
	}
	own.Parts = own.Parts[1:]
	n := float64(len(own.Parts))
	if all, _ := parsingScore(p, []address.Sample{own}); all != 2*n/(2*n+1) {
		t.Fatalf("%v", all)
	}
	if all, exact := parsingScore(p, nil); all != 0 || exact != 0 {
		t.Fatalf("%v and %v of nothing", all, exact)
	}
}

func TestSplitTenthIsByTextAlone(t *testing.T) {
	var samples []address.Sample
	for _, s := range []string{"甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸", "子", "丑", "寅", "卯", "辰", "巳"} {
		samples = append(samples, address.Sample{Text: s}, address.Sample{Text: s})
	}
	train, test := splitTenth(samples)
	if len(train)+len(test) != len(samples) || len(test) == 0 || len(train) < len(test) {
		t.Fatalf("%d and %d", len(train), len(test))
	}
	for _, a := range test {
		for _, b := range train {
			if a.Text == b.Text {
				t.Fatalf("%s is on both sides", a.Text)
			}
		}
	}
}
