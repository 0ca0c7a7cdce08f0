package report

import (
	"archive/zip"
	"bytes"
	"context"
	"database/sql"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"

	"huiliu/internal/drawing"
)

// published writes a snapshot of two tables whose counts are known, and
// returns the snapshots' folder.
func published(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	folder := filepath.Join(dir, "0007", "office")
	if err := os.MkdirAll(filepath.Join(folder, "core"), 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()
	for _, q := range []string{
		"ATTACH '" + filepath.Join(folder, "huiliu.duckdb") + "' AS p", "CREATE SCHEMA p.mart", "CREATE SCHEMA p.ref",
		`CREATE TABLE p.mart.rectification_ledger AS SELECT 'service_request' AS kind, 'r' || i AS id, CASE WHEN i % 3 = 0 THEN '噪音<&>扰民' ELSE '市容环境' END AS category,
			DATE '2025-10-01' + i::INTEGER AS opened_on, DATE '2025-10-08' + i::INTEGER AS due_on, CASE WHEN i < 36 THEN DATE '2025-10-05' + i::INTEGER END AS closed_on, CASE WHEN i < 30 THEN true ELSE false END AS on_time,
			CASE WHEN i < 36 THEN 'closed' ELSE 'open' END AS state, CASE WHEN i >= 36 THEN 'red' END AS light, 0 AS reopened, CASE WHEN i >= 36 THEN i - 50 END AS working_days_left FROM range(40) t(i)`,
		"DETACH p",
		`COPY (SELECT 'r' || i AS id, 'NO' || i AS request_no, DATE '2025-10-01' + i::INTEGER AS requested_on, CASE WHEN i % 3 = 0 THEN '噪音<&>扰民' ELSE '市容环境' END AS category_1, 'own' AS place_source, NULL::VARCHAR AS community_id FROM range(40) t(i)
			UNION ALL SELECT 'old', 'NO', DATE '2025-09-30', '市容环境', 'own', NULL) TO '` + filepath.Join(folder, "core", "r.parquet") + `' (FORMAT parquet)`,
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(q, err)
		}
	}
	m := `{"snapshot": "0007", "as_of": "2026-01-01", "tables": [{"name": "mart.rectification_ledger", "label": "整改台账", "columns": []}, {"name": "core.service_request", "label": "诉求", "parts": ["core/r.parquet"], "columns": []}]}`
	if err := os.WriteFile(filepath.Join(folder, "manifest.json"), []byte(m), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("0007", filepath.Join(dir, "current")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func options(t *testing.T, reports string) Options {
	t.Helper()
	p, err := Quarter("2025Q4")
	if err != nil {
		t.Fatal(err)
	}
	return Options{Snapshots: published(t), Reports: reports, Site: "云溪街道", Period: p, Fonts: OfficialFonts, Faces: drawing.Places}
}

// The numbers are those that the snapshot was made of; what it lacks is said
// in words.
func TestCompose(t *testing.T) {
	doc, snapshot, asOf, err := Compose(context.Background(), options(t, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	if snapshot != "0007" || asOf != "2026-01-01" || doc.Title != "云溪街道述职报告（初稿）" {
		t.Errorf("%s %s %s", snapshot, asOf, doc.Title)
	}
	got := strings.Join(doc.Plain(), "\n")
	for _, want := range []string{
		"本期群众诉求暂无数据", // issues are not published
		"与上期 1 件相比，受理量增加 39 件", "涉及 2 个类别，最多的是市容环境，共 26 件",
		"期内到期诉求 40 件，按期办结 30 件，按期办结率 75.0%", "逾期 10 件，逾期率 25.0%，其中市容环境逾期 6 件",
		"工单 NO36（噪音<&>扰民）至今超期 14 个工作日", "共 4 件", "本期没有回访数据", "一、工作概况", "（一）部分诉求逾期办结", "59.8%～85.8%",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	ids := map[string]bool{}
	for _, f := range doc.Facts {
		ids[f.ID] = true
	}
	typed := regexp.MustCompile(`[0-9]`)
	for _, b := range doc.Blocks {
		for _, r := range b.Paragraph {
			if r.Fact != "" && !ids[r.Fact] || r.Fact == "" && typed.MatchString(r.Text) && !strings.Contains(r.Text, "年") && r.Text != asOf {
				t.Errorf("%q is bound to no fact", r.Text)
			}
		}
	}
}

// DOCX, HTML and Markdown read the same, and come out the same again.
func TestFormsAreEqual(t *testing.T) {
	o := options(t, t.TempDir())
	doc, _, _, err := Compose(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	docx, err := doc.DOCX(o.Fonts)
	if err != nil {
		t.Fatal(err)
	}
	again, err := doc.DOCX(o.Fonts)
	if err != nil || !bytes.Equal(docx, again) {
		t.Error("the document differs from run to run", err)
	}
	want := letters(strings.Join(doc.Plain(), ""))
	for name, got := range map[string]string{"DOCX": docxText(t, docx), "HTML": htmlText(string(doc.HTML())), "Markdown": markdownText(string(doc.Markdown()))} {
		if d := cmp.Diff(want, letters(got)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if !bytes.Contains(doc.HTML(), []byte(`<span data-fact="on_time_share">75.0%</span>`)) {
		t.Error("a number is not bound in HTML")
	}
}

// letters leaves out white space, which the forms set in ways of their own.
func letters(s string) string { return strings.Join(strings.Fields(s), "") }

func docxText(t *testing.T, docx []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(docx), int64(len(docx)))
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	for _, part := range z.File {
		f, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(part.Name, ".png") {
			continue
		}
		inText := false
		for d := xml.NewDecoder(f); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s is not well-formed: %v", part.Name, err)
			}
			switch e := token.(type) {
			case xml.StartElement:
				inText = e.Name.Local == "t"
			case xml.EndElement:
				inText = false
			case xml.CharData:
				if inText && part.Name == "word/document.xml" {
					out += string(e)
				}
			}
		}
	}
	return out
}

var (
	notText = regexp.MustCompile(`(?s)<head>.*</head>|<svg.*?</svg>|<[^>]*>`)
	image   = regexp.MustCompile(`!\[(.*?)\]\([a-z_]+\.svg\)`)
	marks   = regexp.MustCompile(`(?m)^#+ |^\|(?:---\|)+$|^\| | \|$| \| `)
	escaped = regexp.MustCompile(`\\(.)`)
)

func htmlText(s string) string { return html.UnescapeString(notText.ReplaceAllString(s, "")) }

func markdownText(s string) string {
	return escaped.ReplaceAllString(marks.ReplaceAllString(image.ReplaceAllString(s, "$1"), ""), "$1")
}

func TestDraftAndAudit(t *testing.T) {
	reports := t.TempDir()
	o := options(t, reports)
	for range 2 {
		r, err := Draft(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range r.Files {
			names = append(names, filepath.Base(f))
		}
		if want := []string{"云溪街道述职报告初稿-2025Q4.docx", "云溪街道述职报告初稿-2025Q4.html", "云溪街道述职报告初稿-2025Q4.md", "取数语句.txt", "检查.txt"}; !slices.Equal(want, names) {
			t.Errorf("%v", names)
		}
	}
	n, err := Audit(reports)
	if err != nil || n < 20 {
		t.Fatalf("%d facts, %v", n, err)
	}
	path := filepath.Join(reports, factsFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	for name, changed := range map[string][]byte{
		"a number changed": bytes.Replace(whole, []byte(`"value":"30"`), []byte(`"value":"39"`), 1),
		"a line taken out": append(bytes.Join(lines[:3], nil), bytes.Join(lines[4:], nil)...),
		"two lines turned": append(append(append([]byte{}, lines[1]...), lines[0]...), bytes.Join(lines[2:], nil)...),
	} {
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Audit(reports); !ChainBroken.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Draft(context.Background(), o); !ChainBroken.Is(err) {
			t.Errorf("%s: a draft was made on it: %v", name, err)
		}
	}
}

// The faces that are asked for are those of the styles, the page numbers and
// the list of fonts, and no other is named anywhere.
func TestFontsOfTheDocument(t *testing.T) {
	doc, _, _, err := Compose(context.Background(), options(t, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	own := Fonts{Title: "题&体", Body: "文体", Heading1: "章体", Heading2: "节体", PageNumber: "码体"}
	for _, fonts := range []Fonts{OfficialFonts, own} {
		docx, err := doc.DOCX(fonts)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		named := map[string]bool{}
		for _, name := range []string{"word/styles.xml", "word/footer1.xml", "word/footer2.xml", "word/document.xml", "word/fontTable.xml"} {
			style := name
			for d := xml.NewDecoder(bytes.NewReader(part(t, docx, name))); ; {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(name, err)
				}
				e, ok := token.(xml.StartElement)
				if !ok {
					continue
				}
				for _, a := range e.Attr {
					switch {
					case e.Name.Local == "style" && a.Name.Local == "styleId":
						style = a.Value
					case e.Name.Local == "rFonts":
						if got[style] != "" && got[style] != a.Value {
							t.Errorf("%s has the faces %s and %s", style, got[style], a.Value)
						}
						got[style] = a.Value
					case e.Name.Local == "font" && a.Name.Local == "name":
						named[a.Value] = true
					}
				}
			}
		}
		want := map[string]string{
			"Title": fonts.Title, "Normal": fonts.Body, "Cell": fonts.Body, "Figure": fonts.Body, "Heading1": fonts.Heading1, "Caption": fonts.Heading1, "CellHead": fonts.Heading1,
			"Heading2": fonts.Heading2, "word/footer1.xml": fonts.PageNumber, "word/footer2.xml": fonts.PageNumber,
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(map[string]bool{fonts.Title: true, fonts.Body: true, fonts.Heading1: true, fonts.Heading2: true, fonts.PageNumber: true}, named); d != "" {
			t.Error(d)
		}
	}
}

func part(t *testing.T, docx []byte, name string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(docx), int64(len(docx)))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := fs.ReadFile(z, name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestTemplate(t *testing.T) {
	l, err := readLibrary()
	if err != nil {
		t.Fatal(err)
	}
	if err := checkTemplate(templateText, l); err != nil {
		t.Error(err)
	}
	for _, line := range []string{"办结 12 件", "办结１件", "共三件", "增长两成", "有 {{nothing}} 件", "{{table nothing}}"} {
		if err := checkTemplate("# 标题\n\n"+line, l); !BadTemplate.Is(err) {
			t.Errorf("%q passes: %v", line, err)
		}
	}
	for _, line := range []string{"同一地点", "第一责任人", "{{requests}} 件", "一并办理"} {
		if err := checkTemplate(line, l); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
	for _, p := range []string{"2025Q5", "2025", "", "2025q4", "1999Q1"} {
		if _, err := Quarter(p); !BadPeriod.Is(err) {
			t.Errorf("period %q: %v", p, err)
		}
	}
	for day, want := range map[string]string{"2026-01-01": "2025Q4", "2025-12-31": "2025Q3", "2025-04-01": "2025Q1", "x": ""} {
		if got := LastQuarter(day); got != want {
			t.Errorf("the last quarter on %s is %s", day, got)
		}
	}
	if p, err := Quarter("2025Q1"); err != nil || p.PrevFrom.Format("2006-01-02") != "2024-10-01" || p.PrevTo.Format("2006-01-02") != "2024-12-31" || p.To.Format("2006-01-02") != "2025-03-31" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestLint(t *testing.T) {
	doc := compose("# 报告\n\n## 成效\n\n工作稳步推进。共 {{n}} 件。\n\n## 问题 {problems}\n\n### 甲\n\n案例：工单 {{n}}。\n\n来源：台账。\n\n措施：办理 {{n}} 件。\n\n### 乙\n\n逾期 {{n}} 件。", nil,
		map[string]*Fact{"n": {ID: "n", Value: "7"}}, nil, nil)
	var got []string
	for _, f := range Lint(doc) {
		if !f.OK {
			got = append(got, f.Rule+" "+f.Place+" "+f.Text)
		}
	}
	if d := cmp.Diff([]string{"空话 工作稳步推进 “稳步推进”没有数字支撑", "问题三要素 乙 缺少案例、来源、措施"}, got); d != "" {
		t.Error(d)
	}
	bad := compose("# 报告\n\n## 成效\n\n办了很多事。又办了很多事，一直办。\n\n## 问题 {problems}\n\n有。", nil, nil, nil, nil)
	rules := map[string]bool{}
	for _, f := range Lint(bad) {
		rules[f.Rule] = f.OK
	}
	if rules["问题篇幅"] || rules["量化语句"] {
		t.Errorf("%v", rules)
	}
}
