package heatmap

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"huiliu/internal/drawing"
)

// luminance is the relative luminance of a colour (WCAG 2.2).
func luminance(hex string) float64 {
	c := drawing.Hex(hex)
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// drawn runs the job over a snapshot and returns the folder; without a font
// where the machine has none.
func drawn(t *testing.T, snapshots string, v View) string {
	t.Helper()
	r, err := Write(context.Background(), Options{Snapshots: snapshots, Reports: t.TempDir(), Site: "<示例>街道", View: v, Fonts: drawing.Places})
	if err != nil && !NoFont.Is(err) {
		t.Fatal(err)
	}
	return r.Folder
}

func contents(t *testing.T, path ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

var dataOfPage = regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`)

func pageDataOf(t *testing.T, page string) map[string]any {
	t.Helper()
	found := dataOfPage.FindStringSubmatch(page)
	if found == nil {
		t.Fatal("the page has no data")
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(found[1]), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// The page stands alone, and equal stores give the same bytes, however many
// threads built the snapshot.
func TestThePageStandsAlone(t *testing.T) {
	dir := t.TempDir()
	if err := publish(dir, 1, requests(9000)...); err != nil {
		t.Fatal(err)
	}
	first, second := drawn(t, many, View{}), drawn(t, filepath.Join(dir, "snapshots"), View{})
	if filepath.Base(first) != "2026-01-01" {
		t.Errorf("the folder is %s", first)
	}
	for _, role := range roles {
		page := contents(t, first, role, "heatmap.html")
		if page != contents(t, second, role, "heatmap.html") || contents(t, first, role, "heatmap.svg") != contents(t, second, role, "heatmap.svg") {
			t.Errorf("%s: two drawings of one store differ", role)
		}
		for _, link := range regexp.MustCompile(`(?i)(https?:|src\s*=|href\s*=|@import|url\()[^\s;]*`).FindAllString(page, -1) {
			if link != "http://www.w3.org/2000/svg" && !strings.HasPrefix(strings.TrimSuffix(link, `"`), "url(#") && !strings.HasPrefix(link, `http://www.w3.org/2000/svg"`) {
				t.Errorf("%s: the page asks for %s", role, link)
			}
		}
		for _, text := range []string{"&lt;示例&gt;街道诉求热力图", "数据不足", "无常住人口数", "default-src 'none'", `name="viewport"`, `lang="zh-CN"`} {
			if !strings.Contains(page, text) {
				t.Errorf("%s: the page lacks %s", role, text)
			}
		}
	}
	if !strings.Contains(contents(t, first, "office", "heatmap.html"), "不得外传") || !strings.Contains(contents(t, first, "district", "heatmap.html"), "报区版") {
		t.Error("the pages don't say whom they are for")
	}
}

// What the district's page holds has nothing of a row that is withheld, and
// no small number anywhere.
func TestTheDistrictsPageHoldsNothingSmall(t *testing.T) {
	folder := drawn(t, many, View{})
	d := open(t, many, "district")
	want := ask(t, d, "SELECT count(*) FILTER (suppressed), count(*) FILTER (NOT suppressed) FROM mart.demand_heatmap")
	hidden, shown := 0, 0
	for _, kind := range pageDataOf(t, contents(t, folder, "district", "heatmap.html"))["kinds"].([]any) {
		for _, rows := range kind.(map[string]any)["rows"].(map[string]any) {
			for _, r := range rows.([]any) {
				switch values := r.([]any); {
				case len(values) == 1:
					hidden++
				case values[1].(float64) < small || values[2].(float64) > 0 && values[2].(float64) < small:
					t.Errorf("%v leaves the house", values)
				default:
					shown++
				}
			}
		}
	}
	if got := strconv.Itoa(hidden) + "," + strconv.Itoa(shown); got != want {
		t.Errorf("the page has %s rows withheld and shown, the snapshot %s", got, want)
	}
	if strings.Contains(contents(t, folder, "district", "heatmap.html"), "h3_9") {
		t.Error("the fine cells leave the house")
	}
}

// A picture of counts by cell has a polygon for each cell with requests, in
// the colour of its class, and is well-formed.
func TestTheFigureDrawsEveryCell(t *testing.T) {
	folder := drawn(t, many, View{Month: "2025-03", Area: "h3_9", Unit: "requests", Category: "类3"})
	svg := contents(t, folder, "office", "heatmap.svg")
	decoder := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	o := open(t, many, "office")
	cells := ask(t, o, "SELECT count(*) FROM mart.demand_heatmap WHERE month = '2025-03-01' AND category = '类3' AND area_kind = 'h3_9' AND area_id <> 'placeless'")
	if n := strings.Count(svg, `stroke="#ffffff" stroke-width="0.8"`); strconv.Itoa(n) != cells || n == 0 {
		t.Errorf("%d cells are drawn, want %s", n, cells)
	}
	off := ask(t, o, "SELECT requests FROM mart.demand_heatmap WHERE month = '2025-03-01' AND category = '类3' AND area_kind = 'h3_9' AND area_id = 'placeless'")
	for _, text := range []string{"2025 年 3 月", "类3", "图例（件数）", "另有 " + off + " 件"} {
		if !strings.Contains(svg, text) {
			t.Errorf("the picture does not say %s", text)
		}
	}
	if font := drawing.FindFont(drawing.Places); font != nil {
		picture, err := png.Decode(bytes.NewReader([]byte(contents(t, folder, "office", "heatmap.png"))))
		if err != nil || picture.Bounds().Dx() < 1000 {
			t.Error(picture.Bounds(), err)
		}
	}
}

// What can't be done is said in coded faults, and nothing half-done is left.
func TestFaultsOfTheJob(t *testing.T) {
	ctx := context.Background()
	o := Options{Snapshots: many, Reports: t.TempDir(), Site: "x"}
	r, err := Write(ctx, o)
	if !NoFont.Is(err) || len(r.Files) != 4 || r.Font != "" {
		t.Errorf("without a font: %v %v", r, err)
	}
	before := contents(t, r.Folder, "office", "heatmap.html")
	for name, v := range map[string]View{"heatmap_no_such_month": {Month: "1999-01"}, "heatmap_no_such_category": {Category: "无此类"}} {
		o.View = v
		if _, err := Write(ctx, o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A job that was killed before and after the old folder stepped aside.
	parent := filepath.Dir(r.Folder)
	if err := os.Rename(r.Folder, filepath.Join(parent, former+filepath.Base(r.Folder))); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(parent, writing+"1"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := sweep(parent); err != nil || contents(t, r.Folder, "office", "heatmap.html") != before {
		t.Errorf("the old heatmap is not put back: %v", err)
	}
	if entries, err := os.ReadDir(parent); err != nil || len(entries) != 1 {
		t.Errorf("left over: %v %v", entries, err)
	}
	o.Snapshots, o.View = published(t), View{}
	if _, err := Write(ctx, o); !empty.Is(err) {
		t.Errorf("an empty snapshot: %v", err)
	}
}

// In a browser, where there is one, the script draws every community and every
// class of the legend.
func TestThePageInABrowser(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("no Chromium")
	}
	folder := drawn(t, many, View{Month: "2025-03"})
	look := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(), "--dump-dom", "file://"+filepath.Join(folder, "office", "heatmap.html"))
	dom, err := look.Output()
	if err != nil {
		t.Fatal(err)
	}
	text := string(dom)
	if n := strings.Count(text, `fill-rule="evenodd"`); n != 4 {
		t.Errorf("%d communities are drawn, want the four with an outline", n)
	}
	for _, want := range []string{"<span>数据不足</span>", "<span>无常住人口数</span>", "2025 年 3 月，全部：共 ", "未上图", `aria-label="社区0：`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not show %s", want)
		}
	}
	if n := strings.Count(text, "<option "); n != 6+8 {
		t.Errorf("%d months and categories can be chosen, want 14", n)
	}
}
