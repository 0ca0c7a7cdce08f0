package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"huiliu/internal/conf"
	"huiliu/internal/fault"
	"huiliu/jobs/report"
)

const plain = "site: {id: s}\nsources: []\n"

func TestFonts(t *testing.T) {
	c, err := Parse("huiliu.yaml", []byte(plain), nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(report.OfficialFonts, c.Fonts); d != "" {
		t.Errorf("without a word on fonts: %s", d)
	}
	c, err = Parse("huiliu.yaml", []byte(plain+"report:\n  fonts:\n    body: ${FACE}\n    page_number: Times New Roman\n"), func(string) (string, bool) { return "方正仿宋_GBK", true })
	if err != nil {
		t.Fatal(err)
	}
	want := report.OfficialFonts
	want.Body, want.PageNumber = "方正仿宋_GBK", "Times New Roman"
	if d := cmp.Diff(want, c.Fonts); d != "" {
		t.Errorf("with two given: %s", d)
	}
}

// Every fault is told at once, each with the line it stands in.
func TestWrongFonts(t *testing.T) {
	text := plain + `report:
  fonts:
    title: ""
    body: 仿宋, FangSong
    heading1: "黑\u0007体"
    heading2: ` + strings.Repeat("长", 32) + `
    page_number: "a<b"
    heading3: 宋体
  paper: A4
`
	_, err := Parse("huiliu.yaml", []byte(text), nil)
	got := map[string]string{}
	for _, f := range fault.All(err) {
		got[f.Place] = f.Code()
		if f.Mend(fault.English) == "" || f.Mend(fault.Chinese) == "" {
			t.Errorf("%s has no mend", f.Place)
		}
	}
	want := map[string]string{
		"huiliu.yaml:5 report.fonts.title": conf.WrongValue.Code, "huiliu.yaml:6 report.fonts.body": conf.WrongValue.Code, "huiliu.yaml:7 report.fonts.heading1": conf.WrongValue.Code,
		"huiliu.yaml:8 report.fonts.heading2": conf.WrongValue.Code, "huiliu.yaml:9 report.fonts.page_number": conf.WrongValue.Code,
		"huiliu.yaml:10 report.fonts.heading3": conf.UnknownKey.Code, "huiliu.yaml:11 report.paper": conf.UnknownKey.Code,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
